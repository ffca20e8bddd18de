import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import { isDrained } from '../model/registration.js';
import type { HostObservation, ObservedTargetGroup } from './observation.js';
import { publishedPorts, targetsUnder } from './planned-registrations.js';

/** How the peers of a host are registered where it is not. */
export interface LeftOut {
  /** Undefined when the host is in the target group with nothing at all. */
  readonly port?: number;
  /** The peers that are registered there. */
  readonly registered: number;
  readonly of: number;
}

/** Where the listed hosts of a group are in one target group. */
export class Places {
  readonly #targetGroup: ObservedTargetGroup;
  readonly #listed: ReadonlySet<HostId>;
  /** Only of those that are there; what is draining is on its way out. */
  readonly #ports = new Map<HostId, ReadonlySet<number>>();
  /** How many have each port that most of them may have: the other ports do not count. */
  readonly #votes: readonly (readonly [port: number, votes: number])[];

  constructor(observed: ObservedTargetGroup, peers: readonly Host[]) {
    this.#targetGroup = observed;
    this.#listed = new Set(peers.map(({ id }) => id));
    const votes = new Map<number, number>();
    for (const { id, targetIds } of peers) {
      const ports = new Set(
        targetsUnder(targetIds, observed.targets)
          .filter((target) => !isDrained(target) && target.state !== 'draining')
          .map(({ registration }) => registration.port),
      );
      if (ports.size === 0) continue;
      this.#ports.set(id, ports);
      for (const port of ports) votes.set(port, (votes.get(port) ?? 0) + 1);
    }
    this.#votes = [...votes].filter(([, count]) => count * 2 >= this.#ports.size);
  }

  /**
   * What a host misses that its peers have: all, when it is nowhere; else each port that all its registered peers have, or more
   * than half of all that are registered, itself included: a fleet of two halves is laid out so. A host with a port of its own
   * is laid out in another way, and so is one whose containers serve the ports it has and do not publish the one it has not.
   */
  leftOut({ host, to }: HostObservation): readonly LeftOut[] {
    const own = this.#ports.get(host.id) ?? new Set();
    const others = this.#ports.size - (own.size > 0 ? 1 : 0);
    const draining = this.#draining(host);
    if (own.size === 0) {
      const listed = this.#listed.size - (this.#listed.has(host.id) ? 1 : 0);
      return others === 0 || draining.size > 0 ? [] : [{ registered: others, of: listed }];
    }
    const common = this.#votes
      .map(([port, votes]) => ({ port, registered: votes - (own.has(port) ? 1 : 0), of: others }))
      .filter(({ registered }) => registered * 2 > others);
    const ports = new Set(common.map(({ port }) => port));
    if (![...own].every((port) => ports.has(port))) return [];
    const published = publishedPorts(to.containers, this.#targetGroup.targetGroup);
    const isServed = (port: number): boolean => published?.has(port) ?? false;
    const isItsOwn = [...own].some(isServed);
    const isExpected = ({ registered }: LeftOut): boolean =>
      registered === others || registered * 2 > this.#ports.size;
    return common.filter(
      (place) =>
        isExpected(place) &&
        !own.has(place.port) &&
        !draining.has(place.port) &&
        (!isItsOwn || isServed(place.port)),
    );
  }

  #draining({ targetIds }: Host): ReadonlySet<number> {
    return new Set(
      targetsUnder(targetIds, this.#targetGroup.targets)
        .filter(({ state }) => state === 'draining')
        .map(({ registration }) => registration.port),
    );
  }
}
