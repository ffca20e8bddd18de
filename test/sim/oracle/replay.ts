import type { Milliseconds } from '../../../src/model/duration.js';
import type { Hold } from '../../../src/model/hold.js';
import type { ContainerId, Digest, HostId, RunId, TargetGroupArn } from '../../../src/model/ids.js';
import { registrationKey, type Registration, type TargetState } from '../../../src/model/registration.js';
import { isProgram, type Actor, type Entry } from '../../fakes/world/timeline.js';
import type { WorldState } from '../../fakes/world/world.js';

export interface ReplayedContainer {
  readonly id: ContainerId;
  readonly host: HostId;
  /** That it was made under. */
  readonly name: string;
  readonly digest: Digest | undefined;
  readonly ports: readonly number[];
  running: boolean;
  serving: boolean;
  /** When it served last; undefined: never. */
  servedAt: Milliseconds | undefined;
}

export interface ReplayedTarget {
  readonly host: HostId;
  readonly registration: Registration;
  state: TargetState;
}

/** What a host has on record that a run holds of it. */
interface Note {
  readonly run: RunId;
  readonly hold: Hold;
}

/** The world as it was at a moment of the timeline, put together from the timeline alone. */
export class Replay {
  readonly containers = new Map<ContainerId, ReplayedContainer>();
  readonly targets = new Map<string, ReplayedTarget>();
  readonly images = new Map<HostId, Set<Digest>>();
  readonly zones = new Map<HostId, string>();
  /** What hosts have on record that is held of them: which run's, by its id and the hold's. */
  readonly holds = new Map<HostId, Map<string, Note>>();
  /** Of which runs a host's notes were pruned: their journals hold it still, and a recovery by them is one (seed 6477). */
  readonly #pruned = new Map<HostId, Set<RunId>>();
  /** Which program was the first to hold something for a run. */
  readonly #beginners = new Map<RunId, Actor>();

  constructor(initial: WorldState) {
    for (const host of initial.hosts) {
      this.images.set(host.id, new Set(host.images));
      if (host.zone !== undefined) this.zones.set(host.id, host.zone);
      for (const { id, name, digest, ports, running, serving } of host.containers) {
        const servedAt = serving ? 0 : undefined;
        this.containers.set(id, {
          id,
          host: host.id,
          name,
          digest,
          ports,
          running,
          serving,
          servedAt,
        });
      }
    }
    for (const { host, registration, state } of initial.targets) {
      this.targets.set(registrationKey(registration), { host, registration, state });
    }
  }

  apply(entry: Entry): void {
    if ('container' in entry) this.#applyToContainer(entry);
    else if ('registration' in entry) this.#applyToTarget(entry);
    else if (entry.type === 'image.pulled') this.images.get(entry.host)?.add(entry.digest);
    else if (entry.type === 'image.removed') this.images.get(entry.host)?.delete(entry.digest);
    else if (entry.type === 'hold.kept' || entry.type === 'hold.forgotten') this.#applyToHolds(entry);
    else if (entry.type === 'host.joined') {
      this.images.set(entry.host, new Set());
      if (entry.zone !== undefined) this.zones.set(entry.host, entry.zone);
    }
  }

  /** The host is still held by a run that another program began: what this one does there, it does to bring it back. */
  isRecovering(program: Actor, host: HostId): boolean {
    const noted = [...(this.holds.get(host)?.values() ?? [])].map(({ run }) => run);
    const beginners = [...noted, ...(this.#pruned.get(host) ?? [])].map((run) => this.#beginners.get(run));
    // A note of an earlier run that could not be taken off says nothing once this program holds the host for its own run.
    return beginners.length > 0 && !beginners.includes(program);
  }

  /** Another program was the first to hold something for this run. */
  isOfAnother(program: Actor, run: RunId): boolean {
    return (this.#beginners.get(run) ?? program) !== program;
  }

  #applyToHolds(entry: Extract<Entry, { type: 'hold.kept' | 'hold.forgotten' }>): void {
    const held = this.holds.get(entry.host) ?? new Map<string, Note>();
    this.holds.set(entry.host, held);
    if (!this.#beginners.has(entry.run)) this.#beginners.set(entry.run, entry.by);
    if (entry.type === 'hold.kept') {
      held.set(`${entry.run} ${entry.hold.id}`, entry);
      // Who holds the host for its own run has recovered what others held of it.
      if (!isProgram(entry.by) || !this.isOfAnother(entry.by, entry.run)) this.#pruned.delete(entry.host);
      return;
    }
    held.delete(`${entry.run} ${entry.hold}`);
    if (isProgram(entry.by)) return;
    this.#pruned.set(entry.host, (this.#pruned.get(entry.host) ?? new Set()).add(entry.run));
  }

  targetsOf(host: HostId): readonly ReplayedTarget[] {
    return [...this.targets.values()].filter((target) => target.host === host);
  }

  healthy(targetGroup: TargetGroupArn, zone?: string): number {
    return [...this.targets.values()].filter(
      ({ state, registration, host }) =>
        state === 'healthy' &&
        registration.targetGroup === targetGroup &&
        (zone === undefined || this.zones.get(host) === zone),
    ).length;
  }

  /** The running container of a host that has the port. */
  onPort(host: HostId, port: number): ReplayedContainer | undefined {
    return [...this.containers.values()].find(
      (container) => container.host === host && container.running && container.ports.includes(port),
    );
  }

  #applyToContainer(entry: Extract<Entry, { container: ContainerId }>): void {
    if (entry.type === 'container.created') {
      const { container: id, host, name, digest, ports } = entry;
      const birth = { id, host, name, digest, ports, running: false, serving: false };
      this.containers.set(id, { ...birth, servedAt: undefined });
      return;
    }
    const container = this.containers.get(entry.container);
    if (container === undefined || entry.type === 'container.renamed') return;
    if (entry.type === 'container.removed') this.containers.delete(entry.container);
    if (container.serving) container.servedAt = entry.at;
    if (entry.type === 'container.serving') {
      container.serving = true;
      container.servedAt = entry.at;
      return;
    }
    container.running = entry.type === 'container.started';
    container.serving = false;
  }

  #applyToTarget(entry: Extract<Entry, { registration: Registration }>): void {
    const { host, registration } = entry;
    const key = registrationKey(registration);
    if (entry.type === 'target.gone') this.targets.delete(key);
    if (entry.type === 'target.registered') this.targets.set(key, { host, registration, state: 'initial' });
    const target = this.targets.get(key);
    if (target === undefined) return;
    if (entry.type === 'target.deregistered') target.state = 'draining';
    if (entry.type === 'target.state') target.state = entry.state;
  }
}

/** Walks through a timeline; `look` sees the world as it was just before each entry. */
export function replay(
  initial: WorldState,
  timeline: readonly Entry[],
  look: (entry: Entry, before: Replay) => void,
): void {
  const world = new Replay(initial);
  for (const entry of timeline) {
    look(entry, world);
    world.apply(entry);
  }
}
