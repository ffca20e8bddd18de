import { hostKeptOut } from '../../errors/drain.js';
import { holdMissing, imageNotThere } from '../../errors/engine.js';
import { wrongPlatformPulled } from '../../errors/modules.js';
import type { DrainedHost } from '../../model/drained-hosts.js';
import { formatDuration, type Milliseconds } from '../../model/duration.js';
import { registrationHolds, registrationsOf } from '../../model/holds/registration.js';
import type { TargetGroupArn } from '../../model/ids.js';
import { runsOn } from '../../model/platform.js';
import {
  isDrained,
  registrationKey,
  targetGroupNameOf,
  type Registration,
  type TargetGroup,
  type TargetHealth,
} from '../../model/registration.js';
import { formatPinnedImage } from '../../model/release.js';
import type { TargetGroupChoice } from '../../model/settings.js';
import type { HostTraffic } from '../../modules/module.js';
import { plannedRegistrations, targetsUnder, uniqueRegistrations } from '../../plan/planned-registrations.js';
import { awaitDrained, awaitInService } from '../../traffic/await-targets.js';
import type { HostKnowledge, HostTarget } from '../host-target.js';
import type { Run } from '../run.js';
import { endKeptOut, keepOut } from './kept-out.js';
import { KnownPlaces } from './known-places.js';
import { notJobs } from './unfinished-requests.js';

/** Draining may take this much longer than the deregistration delay. */
const drainMargin: Milliseconds = 30_000;

/** What a run saw of one host's places in target groups. */
export class TrafficMemory {
  readonly groups = new Map<TargetGroupArn, TargetGroup>();
  readonly places: KnownPlaces;

  constructor(warn: (message: string) => void) {
    this.places = new KnownPlaces((registration) => {
      const where = `${targetGroupNameOf(registration)}:${registration.port}`;
      warn(`others deregistered it from ${where} during the run: it is left out of there.`);
    });
  }
}

/** What the guarded target groups must know of their host. */
export interface TrafficContext extends Pick<
  HostTarget,
  'host' | 'group' | 'activity' | 'outlast' | 'publishedPorts' | 'eventHost'
> {
  readonly run: Pick<
    Run,
    | 'id'
    | 'owner'
    | 'environment'
    | 'bus'
    | 'ports'
    | 'holds'
    | 'gate'
    | 'floor'
    | 'targetGroups'
    | 'undrains'
  >;
  readonly known: Pick<HostKnowledge, 'planned' | 'engine' | 'traffic' | 'keptOut' | 'isBack'>;
  readonly containers: Pick<HostTarget['containers'], 'image'>;
  readonly prover: Pick<HostTarget['prover'], 'requireHealthy' | 'forget'>;
}

/**
 * One host's places in its target groups, behind the run's interlocks: the floor and the image before it goes out (1 and 4), its
 * proof of health before it comes back (9), a hold and the journal before both (2). What is deregistered meanwhile by others stays so. A host
 * that a person keeps out of service comes back by `undrain` alone.
 */
export class GuardedTraffic implements HostTraffic {
  constructor(private readonly context: TrafficContext) {}

  get #places(): KnownPlaces {
    return this.context.known.traffic.places;
  }

  get #groups(): Map<TargetGroupArn, TargetGroup> {
    return this.context.known.traffic.groups;
  }

  /** What others deregistered during the run, and what was not registered again. */
  get removedByOthers(): readonly Registration[] {
    return this.#places.removed;
  }

  isRemovedByOthers(registration: Registration): boolean {
    return this.#places.isRemoved(registration);
  }

  async groups(choice: TargetGroupChoice): Promise<readonly TargetGroup[]> {
    const { run, group, host, publishedPorts } = this.context;
    const groups = await run.targetGroups.find(choice, group?.hosts ?? [host], publishedPorts);
    for (const one of groups) this.#groups.set(one.arn, one);
    return groups;
  }

  async registrations(groups: readonly TargetGroup[]): Promise<readonly TargetHealth[]> {
    const { run, host } = this.context;
    const { traffic } = run.ports;
    const found = await Promise.all(
      groups.map(async ({ arn }) => {
        const own = targetsUnder(host.targetIds, await traffic.fresh(arn)).filter(
          (target) => !isDrained(target),
        );
        // A held or known one may have vanished from the list: it is asked for by name.
        const listed = new Set(own.map(({ registration }) => registrationKey(registration)));
        const held = this.#held().filter((one) => one.targetGroup === arn);
        const vanished = uniqueRegistrations([...held, ...this.#places.in(arn)]).filter(
          (one) => !listed.has(registrationKey(one)),
        );
        const asked = vanished.length === 0 ? [] : await traffic.healthOf(arn, vanished);
        this.#places.look(arn, [...own, ...asked]);
        const heldKeys = new Set(held.map(registrationKey));
        return [...own, ...asked.filter(({ registration }) => heldKeys.has(registrationKey(registration)))];
      }),
    );
    return found.flat();
  }

  /** Where the host is to be in service: by its plan, by what is held of it, else by where its peers are. */
  async planned(groups: readonly TargetGroup[]): Promise<readonly Registration[]> {
    const { host, run, group: ours, known } = this.context;
    const fleet = ours && { peers: ours.hosts, containers: ours.settings.containers };
    const places = [...(known.planned?.registrations ?? []), ...this.#held()];
    const perGroup = await Promise.all(
      groups.map(async (group) => {
        const isKnown = this.#places.in(group.arn).length > 0;
        const now = isKnown ? await this.registrations([group]) : [];
        const targets = await run.ports.traffic.fresh(group.arn);
        const planned = plannedRegistrations(host, group, targets, places, fleet);
        return this.#withoutRemoved(planned, group, now);
      }),
    );
    return perGroup.flat();
  }

  /** A host that others took out of a target group is not new there: it keeps the places that it still has. */
  #withoutRemoved(
    planned: readonly Registration[],
    { arn }: TargetGroup,
    now: readonly TargetHealth[],
  ): readonly Registration[] {
    if (!this.removedByOthers.some(({ targetGroup }) => targetGroup === arn)) return planned;
    const places = [...this.#held(), ...now.map(({ registration }) => registration)];
    const keys = new Set(places.map(registrationKey));
    return planned.filter((one) => keys.has(registrationKey(one)) && !this.#places.isRemoved(one));
  }

  async drain(registrations: readonly Registration[], timeout: Milliseconds | 'default'): Promise<void> {
    const { run, host, activity } = this.context;
    const { signal, report } = activity;
    await this.#requireImages();
    this.#requireHeld(registrations);
    const groups = await this.#known(registrations);
    // A lease that ran out meanwhile is the run's own failure, and no play that others halted.
    const mayTakeOut = (): boolean => {
      if (!activity.restoring) run.gate.requireLeases('drain');
      return activity.mayTakeOut();
    };
    await run.floor.take(host, groups, registrations, { signal, mayTakeOut }, (why, atMost) =>
      report(`waiting for the floor, ${formatDuration(atMost)} at most: ${why}`),
    );
    // The floor may have been waited for: the image may have been pruned since.
    await this.#requireImages();
    // AWS knows no fence: the host is asked whether the lease is still this run's.
    if (!activity.restoring) {
      await this.context.outlast(() => run.gate.admit({ where: 'host', host, what: 'drain it' }, signal));
    }
    this.#places.taken(registrations);
    await this.#perTargetGroup(registrations, 'deregister', (arn, ours) =>
      run.ports.traffic.deregister(arn, ours),
    );
    const longest = Math.max(0, ...groups.map(({ deregistrationDelay }) => deregistrationDelay));
    await awaitDrained(run.ports.traffic, registrations, {
      timeout: timeout === 'default' ? longest + drainMargin : timeout,
      signal,
      onProgress: report,
    });
  }

  async putInService(registrations: readonly Registration[], timeout: Milliseconds): Promise<void> {
    const { run, host, prover, activity, known } = this.context;
    const { signal, report } = activity;
    if (known.keptOut !== undefined && run.undrains !== true)
      throw hostKeptOut(host, known.keptOut, run.environment);
    await this.#jobsOver();
    await prover.requireHealthy();
    await this.registerAsFound(registrations);
    await awaitInService(run.ports.traffic, registrations, { timeout, signal, onProgress: report });
    this.#places.given(registrations);
    run.floor.giveBack(registrations);
    const given = new Set(registrations.map(registrationKey));
    const returned = registrationHolds(run.holds.openOf(host.id)).filter(
      ({ registration, state }) => state !== 'absent' && given.has(registrationKey(registration)),
    );
    await run.holds.settle(returned, 'returned', { waits: !activity.restoring });
    known.isBack = true;
  }

  get keptOut(): DrainedHost | undefined {
    return this.context.known.keptOut;
  }

  keepOut(reason: string | undefined): Promise<void> {
    return keepOut(reason, this.context);
  }

  endKeptOut(): Promise<void> {
    return endKeptOut(this.context);
  }

  /** What a job may still change is not proven yet, and what was proven while one ran is asked for again. */
  async #jobsOver(): Promise<void> {
    const { run, host, prover, activity } = this.context;
    await run.gate.requests.over(host.id, {
      signal: activity.signal,
      only: (request) => !notJobs(request),
      onWait: (what, atMost) => {
        activity.report(`waiting for ${what}, ${formatDuration(atMost)} at most, before it is in service`);
        prover.forget();
      },
    });
  }

  /** Registers without asking for health: for what was unhealthy when it was taken, and goes back to exactly that. */
  async registerAsFound(registrations: readonly Registration[]): Promise<void> {
    const { traffic } = this.context.run.ports;
    await this.#perTargetGroup(registrations, 'register', (arn, ours) => traffic.register(arn, ours));
  }

  async #perTargetGroup(
    registrations: readonly Registration[],
    verb: string,
    act: (arn: TargetGroupArn, registrations: readonly Registration[]) => Promise<void>,
  ): Promise<void> {
    const { run, host, activity } = this.context;
    // All of them have ended before a failure is told: what cleans up must not race with one that is still on its way.
    const ended = await Promise.allSettled(
      [...Map.groupBy(registrations, ({ targetGroup }) => targetGroup)].map(([arn, ours]) => {
        const where = ours.map((one) => `${one.id}:${one.port}`).join(', ');
        const what = `${verb} ${where} in ${arn}`;
        const change = { where: 'cloud', host, what, restoring: activity.restoring } as const;
        return run.gate.perform(change, activity.signal, () => act(arn, ours));
      }),
    );
    const failure = ended.find((one) => one.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  /** Interlock 4. A restore has nothing to pull: what it starts is on the host. */
  async #requireImages(): Promise<void> {
    const { known, containers, host, activity } = this.context;
    if (activity.restoring) return;
    const { planned, engine } = known;
    for (const { image } of planned?.containers ?? []) {
      const local = await containers.image(image);
      const verified = local?.repoDigests.some((digest) => digest.endsWith(`@${image.digest}`)) ?? false;
      if (local === undefined || !verified) throw imageNotThere(host, formatPinnedImage(image));
      if (engine !== undefined && !runsOn(local, engine))
        throw wrongPlatformPulled(host, image, local, engine);
    }
  }

  #requireHeld(registrations: readonly Registration[]): void {
    const held = new Set(this.#held().map(registrationKey));
    const missing = registrations.find((registration) => !held.has(registrationKey(registration)));
    if (missing !== undefined)
      throw holdMissing(`The registration in ${targetGroupNameOf(missing)}:${missing.port}`);
  }

  /** What this host is held from, in this run. */
  #held(): readonly Registration[] {
    const { run, host } = this.context;
    return uniqueRegistrations(registrationsOf(run.holds.openOf(host.id)));
  }

  async #known(registrations: readonly Registration[]): Promise<readonly TargetGroup[]> {
    const { group } = this.context;
    if (group !== undefined) await this.groups(group.settings.targetGroups);
    const arns = new Set(registrations.map(({ targetGroup }) => targetGroup));
    return [...this.#groups.values()].filter(({ arn }) => arns.has(arn));
  }
}
