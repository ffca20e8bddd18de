import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId, TargetGroupArn } from '../../../src/model/ids.js';
import { registrationKey, type Registration } from '../../../src/model/registration.js';
import { isProgram, type Entry, type Route } from '../../fakes/world/timeline.js';
import { replay, type Replay } from './replay.js';
import { blipsOf } from './reach.js';
import type { Story } from './story.js';

/** Requests that nobody answered, since the balancer sent them where nothing served, or had nowhere to send them. */
export interface Drop {
  readonly targetGroup: TargetGroupArn;
  readonly from: Milliseconds;
  readonly to: Milliseconds;
  /** Of the requests to the group, or to its zone: 1 is all. */
  readonly share: number;
  readonly what: string;
  /** What explains it. Undefined: nothing that was done to the world on purpose. */
  readonly fault?: Fault;
}

/** What was done to a host on purpose, or was so from the beginning. */
interface Fault {
  readonly what: string;
  readonly at: Milliseconds;
  readonly host?: HostId;
}

/** How long all requests of a group would have been dropped, to drop as many. */
export const droppedFor = (drops: readonly Drop[]): Milliseconds =>
  drops.reduce((sum, { from, to, share }) => sum + (to - from) * share, 0);

/** A person may register a host by hand between the program's last look and the Engine's stop. */
const unforeseeable: Milliseconds = 10_000;

type Routes = Extract<Entry, { type: 'routes' }>;

/** The figures ask for them, and the statement. */
const known = new WeakMap<Story, readonly Drop[]>();

/** Every drop of a story, in the order in which they ended, each with what explains it. */
export function dropsOf(story: Story): readonly Drop[] {
  const drops = known.get(story) ?? findDrops(story);
  known.set(story, drops);
  return drops;
}

function findDrops(story: Story): readonly Drop[] {
  const { initial, timeline, final } = story;
  const drops: Drop[] = [];
  const open = new Map<string, Omit<Drop, 'to'>>();
  const causes = new Causes(story);
  const close = (key: string, to: Milliseconds): void => {
    const begun = open.get(key);
    if (begun !== undefined) drops.push({ ...begun, to });
    open.delete(key);
  };
  replay(initial, timeline, (entry, before) => {
    causes.note(entry, before);
    if (entry.type !== 'routes') return;
    const key = `${entry.targetGroup} ${entry.zone ?? ''}`;
    close(key, entry.at);
    const deaf = entry.targets.filter(({ serving }) => !serving);
    if (deaf.length === 0 && entry.targets.length > 0) return;
    const share = entry.targets.length === 0 ? 1 : deaf.length / entry.targets.length;
    const fault = causes.of(entry, deaf, before);
    const { targetGroup, at: from } = entry;
    const what =
      deaf.length === 0
        ? `${targetGroup} had no target`
        : `requests were sent to ${deaf.map(({ host, port }) => `${host}:${port}`).join(', ')}, which did not serve`;
    open.set(key, { targetGroup, from, share, what, ...(fault === undefined ? {} : { fault }) });
  });
  for (const key of [...open.keys()]) close(key, final.at);
  return drops;
}

/** A target that is not healthy any more; undefined: for no reason that is known. */
interface Ill {
  readonly host: HostId;
  readonly registration: Registration;
  readonly cause: Entry | undefined;
}

/** Why ports do not answer, and why targets are not healthy: who did that last. */
class Causes {
  /** By host and port; those that serve have none. */
  readonly #silent = new Map<string, Entry>();
  /** Of those that were healthy once, and are not now. */
  readonly #ill = new Map<string, Ill>();
  readonly #registered = new Map<string, Entry>();

  constructor(private readonly story: Story) {}

  note(entry: Entry, before: Replay): void {
    if ('container' in entry) this.#noteContainer(entry, before);
    if (!('registration' in entry)) return;
    const key = registrationKey(entry.registration);
    if (entry.type === 'target.registered') this.#registered.set(key, entry);
    const isHealthy = entry.type === 'target.state' && entry.state === 'healthy';
    if (isHealthy) this.#ill.delete(key);
    else if (before.targets.get(key)?.state === 'healthy')
      this.#ill.set(key, { ...entry, cause: this.#whyIll(entry) });
  }

  #noteContainer(entry: Extract<Entry, { container: unknown }>, before: Replay): void {
    const container = before.containers.get(entry.container);
    for (const port of container?.ports ?? []) {
      const place = `${entry.host}:${port}`;
      if (entry.type === 'container.serving') this.#silent.delete(place);
      else if (before.onPort(entry.host, port) === container && endsService(entry))
        this.#silent.set(place, entry);
    }
  }

  #whyIll(entry: Extract<Entry, { registration: unknown }>): Entry | undefined {
    if (entry.type === 'target.deregistered') return entry;
    return this.#silent.get(`${entry.host}:${entry.registration.port}`) ?? this.#flapOf(entry.host, entry.at);
  }

  #flapOf(host: HostId, at: Milliseconds): Entry | undefined {
    const flaps = this.story.faults.flaps.filter((one) => one.host === host);
    const standstills = blipsOf(this.story, host).filter(({ of }) => of === 'machine');
    const flap = [...flaps, ...standstills].find((one) => at >= one.at && at <= one.at + one.lasts);
    return (
      flap && { type: 'fault', by: 'world', at: flap.at, what: `the targets of ${host} fail their checks` }
    );
  }

  /** What explains that requests go there. */
  of({ targetGroup, zone, at }: Routes, deaf: readonly Route[], before: Replay): Fault | undefined {
    if (before.healthy(targetGroup, zone) === 0) return this.#whyNobody(targetGroup, zone, before);
    const faults = deaf.map(({ host, port }) => this.#whyDeaf(targetGroup, host, port, at, before));
    // Each of them has to be explained; one is told.
    return faults.includes(undefined) ? undefined : faults[0];
  }

  #whyDeaf(
    targetGroup: TargetGroupArn,
    host: HostId,
    port: number,
    at: Milliseconds,
    before: Replay,
  ): Fault | undefined {
    const silent = this.#silent.get(`${host}:${port}`);
    if (silent !== undefined && !isProgram(silent.by)) return faultOf(silent, host);
    const target = before
      .targetsOf(host)
      .find(({ registration }) => registration.targetGroup === targetGroup && registration.port === port);
    const registered = target && this.#registered.get(registrationKey(target.registration));
    const byHand = registered?.by === 'operator' && at - registered.at <= unforeseeable;
    return byHand ? faultOf(registered, host) : undefined;
  }

  /** No target of the group, or of its zone, is healthy: then requests go to all that are registered. */
  #whyNobody(targetGroup: TargetGroupArn, zone: string | undefined, before: Replay): Fault | undefined {
    const { initial, rollout } = this.story;
    const isHere = (host: HostId, arn: TargetGroupArn): boolean =>
      arn === targetGroup && (zone === undefined || before.zones.get(host) === zone);
    const wasHealthy = initial.targets.some(
      ({ registration, host, state }) => isHere(host, registration.targetGroup) && state === 'healthy',
    );
    // What a first deploy takes back leaves it so again.
    if (!wasHealthy) return { what: 'nothing there was healthy at the beginning', at: initial.at };
    const { minHealthy } = rollout;
    if (('hosts' in minHealthy ? minHealthy.hosts : minHealthy.percent) === 0) {
      return { what: 'min_healthy of 0 accepts it', at: initial.at };
    }
    const ill = [...this.#ill.values()].find(
      ({ host, registration, cause }) =>
        cause !== undefined && !isProgram(cause.by) && isHere(host, registration.targetGroup),
    );
    return ill?.cause && faultOf(ill.cause, ill.host);
  }
}

const endsService = ({ type }: Entry): boolean =>
  type === 'container.exited' || type === 'container.stopped' || type === 'container.removed';

const faultOf = (entry: Entry, host: HostId): Fault => ({
  what: entry.type === 'fault' ? entry.what : `${entry.type} by ${entry.by}`,
  at: entry.at,
  host,
});
