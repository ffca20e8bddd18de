import { isTransient } from '../errors/aws.js';
import { isOutcomeUnknown } from '../errors/unknown-outcome.js';
import type { Milliseconds } from '../model/duration.js';
import type { Region, TargetGroupArn } from '../model/ids.js';
import { lateAtMost } from '../model/late-effect.js';
import {
  healthOfEach,
  type Registration,
  type TargetGroup,
  type TargetHealth,
} from '../model/registration.js';
import type { Tag } from '../model/tag.js';
import { silentPatience, type Clock, type Patience } from '../ports/clock.js';
import type { Traffic } from '../ports/traffic.js';
import { HealthPoller, HealthReader, RecentAnswers } from './health-poller.js';
import { HealthWait, type Judge, type UntilOptions } from './health-wait.js';
import { MutationQueue, type Changes } from './mutation-queue.js';
import { isDoubtfulOf, NewestSightings, type Look } from './newest-sightings.js';

export type { Judge, UntilOptions } from './health-wait.js';

export interface SharedTrafficOptions {
  /** From one look at a target group to the next while someone waits. */
  readonly pollInterval?: Milliseconds;
  /** How long a mutation waits for others that can share its call; reads are at least this far apart, too. */
  readonly coalesce?: Milliseconds;
  /** How throttling, lost replies and outages are outlasted. */
  readonly patience?: Patience;
}

/** How long the description of a target group counts as known. Its health never does. */
const descriptionLifetime: Milliseconds = 30_000;
/** The default of how long throttling and lost replies are outlasted. */
const patienceDefault: Milliseconds = 120_000;

/** Everything the run shares about one target group. */
interface Desk {
  readonly mutations: MutationQueue;
  readonly reader: HealthReader;
  readonly poller: HealthPoller;
}

/**
 * The run's one way to target groups. AWS allows about ten calls a second for the whole account, so all hosts of a run
 * share one poller per target group, and one mutation call per target group and second.
 */
export class SharedTraffic implements Traffic {
  readonly #desks = new Map<TargetGroupArn, Desk>();
  readonly #descriptions: RecentAnswers<readonly TargetGroup[]>;
  readonly #patience: Patience;
  readonly #pollInterval: Milliseconds;
  readonly #coalesce: Milliseconds;

  constructor(
    private readonly traffic: Traffic,
    private readonly clock: Clock,
    { pollInterval = 1_000, coalesce = 250, patience = plainPatience(clock) }: SharedTrafficOptions = {},
  ) {
    this.#patience = patience;
    this.#pollInterval = pollInterval;
    this.#coalesce = coalesce;
    this.#descriptions = new RecentAnswers(clock, descriptionLifetime);
  }

  /** Throttling and lost replies are outlasted. */
  targetGroups(region: Region, names: readonly string[]): Promise<readonly TargetGroup[]> {
    const question = [region, ...names].join(' ');
    return this.#descriptions.ask(question, () =>
      this.#patience.outlast(() => this.traffic.targetGroups(region, names)),
    );
  }

  /** As `targetGroups`. */
  targetGroupsInUse(region: Region): Promise<readonly TargetGroup[]> {
    return this.#descriptions.ask(region, () =>
      this.#patience.outlast(() => this.traffic.targetGroupsInUse(region)),
    );
  }

  /** As `fresh`. */
  health(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]> {
    return this.fresh(targetGroup);
  }

  async healthOf(
    targetGroup: TargetGroupArn,
    registrations: readonly Registration[],
  ): Promise<readonly TargetHealth[]> {
    return healthOfEach(registrations, await this.#current(targetGroup, registrations));
  }

  /** As `healthOf`, whatever target groups these are in. */
  async healthOfAll(registrations: readonly Registration[]): Promise<readonly TargetHealth[]> {
    const groups = Map.groupBy(registrations, ({ targetGroup }) => targetGroup);
    const asked = await Promise.all([...groups].map(([arn, ours]) => this.healthOf(arn, ours)));
    return asked.flat();
  }

  register(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    return this.#desk(targetGroup).mutations.submit('register', registrations);
  }

  deregister(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    return this.#desk(targetGroup).mutations.submit('deregister', registrations);
  }

  /** By a read that begins after this call. Throttling and lost replies are outlasted. */
  tags(targetGroup: TargetGroupArn): Promise<readonly Tag[]> {
    return this.#patience.outlast(() => this.traffic.tags(targetGroup));
  }

  /** As `tags`; a write whose answer was lost is over before it is made again, so that it cannot undo a later one. */
  tag(targetGroup: TargetGroupArn, tags: readonly Tag[]): Promise<void> {
    return this.#patience.outlast(() => this.#over(() => this.traffic.tag(targetGroup, tags)));
  }

  /** As `tag`. */
  untag(targetGroup: TargetGroupArn, keys: readonly string[]): Promise<void> {
    return this.#patience.outlast(() => this.#over(() => this.traffic.untag(targetGroup, keys)));
  }

  /**
   * Waits until no call for these registrations whose answer was lost can take effect any more. A target group that was not changed is not
   * waited for.
   */
  requestsOver(registrations: readonly Registration[]): Promise<void> {
    return this.#sleepUntil(() =>
      Math.max(
        0,
        ...registrations.map((one) => this.#desks.get(one.targetGroup)?.mutations.lateUntil(one) ?? 0),
      ),
    );
  }

  /** Waits until no call at all whose answer was lost can take effect any more. */
  allRequestsOver(): Promise<void> {
    return this.#sleepUntil(() =>
      Math.max(0, ...[...this.#desks.values()].map(({ mutations }) => mutations.allLateUntil)),
    );
  }

  async #sleepUntil(moment: () => Milliseconds): Promise<void> {
    for (let left = 1; left > 0;) {
      left = moment() - this.clock.elapsed();
      if (left > 0) await this.clock.sleep(left);
    }
  }

  /**
   * Every registered target, by a read that began after this call; callers at the same time share one. Throttling and
   * lost replies are outlasted; an answer that may be older than the run's own last change is asked for again.
   */
  fresh(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]> {
    return this.#current(targetGroup);
  }

  /** As `fresh`; `about` are those of which the answer has to be current, all when absent. */
  async #current(
    targetGroup: TargetGroupArn,
    about?: readonly Registration[],
  ): Promise<readonly TargetHealth[]> {
    const { reader } = this.#desk(targetGroup);
    for (;;) {
      const { targets, doubtful } = await this.#patience.outlast(() => reader.read());
      if (!isDoubtfulOf(doubtful, about)) return targets;
      await this.clock.sleep(this.#pollInterval);
    }
  }

  /** The write's outcome, once it can take effect no more. */
  async #over(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (isTransient(error) && isOutcomeUnknown(error)) await this.clock.sleep(lateAtMost());
      throw error;
    }
  }

  /**
   * The judge's verdict on the first look that it has one on. Looks at once, then as often as the poller does, and once
   * more at the deadline, where throttling and lost replies are outlasted. Throws `traffic.timeout`, whatever the judge throws, and the signal's reason.
   */
  async until<T>(targetGroup: TargetGroupArn, judge: Judge<T>, options: UntilOptions): Promise<T> {
    options.signal?.throwIfAborted();
    const { reader, poller } = this.#desk(targetGroup);
    return new HealthWait(this.clock, reader, poller, this.#patience, judge, options).result;
  }

  #desk(targetGroup: TargetGroupArn): Desk {
    const known = this.#desks.get(targetGroup);
    if (known !== undefined) return known;
    const sightings = new NewestSightings();
    const reader = new HealthReader(
      (arn) => this.#look(arn, sightings),
      this.clock,
      targetGroup,
      this.#coalesce,
    );
    const desk = {
      reader,
      poller: new HealthPoller(reader, this.clock, this.#pollInterval),
      mutations: new MutationQueue(
        this.#noting(sightings),
        this.clock,
        targetGroup,
        this.#coalesce,
        this.#patience,
      ),
    };
    this.#desks.set(targetGroup, desk);
    return desk;
  }

  /** Who polls asks again anyway; what it meets is noticed all the same. */
  async #look(targetGroup: TargetGroupArn, sightings: NewestSightings): Promise<Look> {
    const asked = this.clock.elapsed();
    const targets = await this.#patience.watch(() => this.traffic.health(targetGroup));
    return sightings.look(targets, asked, this.clock.elapsed());
  }

  /** Changes of registrations, of which those that were carried out are remembered. */
  #noting(sightings: NewestSightings): Changes {
    const change =
      (action: keyof Changes): Changes[typeof action] =>
      async (targetGroup, registrations) => {
        await this.traffic[action](targetGroup, registrations);
        sightings.changed(action, registrations, this.clock.elapsed());
      };
    return { register: change('register'), deregister: change('deregister') };
  }
}

/** Without a spread: there is no other caller. */
const plainPatience = (clock: Clock): Patience =>
  silentPatience({
    clock,
    random: { next: () => 0.5 },
    patience: patienceDefault,
    mayPass: isTransient,
  });
