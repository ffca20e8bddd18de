import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import { floorOf, type Amount } from '../model/settings.js';
import type { HostObservation } from './observation.js';
import { Taken, type Rotation } from './rotation.js';

/**
 * What the floor allows from one moment on. The plan and the running play ask the same: every `begin` tries drains anew, one host
 * after the other, each without those that were allowed before it.
 */
export interface Allowance {
  /** The answer says whether the host may go too; one that may counts as taken from then on. */
  begin(): (host: HostId) => boolean;
}

export const unlimited: Allowance = { begin: () => () => true };

/** What all of these allow. Each is of other hosts, and allows those of the others. */
export const allOf = (allowances: readonly Allowance[]): Allowance => ({
  begin() {
    const may = allowances.map((allowance) => allowance.begin());
    return (host) => may.every((one) => one(host));
  },
});

/** By the healthy targets: a host goes with all its registrations in all target groups, or not at all. */
export function allowanceOfTargets(
  hosts: readonly Pick<Host, 'id' | 'targetIds'>[],
  rotations: readonly Rotation[],
): Allowance {
  const idsOf = new Map(hosts.map(({ id, targetIds }) => [id, targetIds]));
  return {
    begin() {
      const groups = rotations.map((rotation) => ({ rotation, taken: new Taken() }));
      return (host) => {
        const ids = idsOf.get(host) ?? [];
        const drains = groups.map((group) => ({ ...group, wanted: group.rotation.of(ids) }));
        if (!drains.every(({ rotation, taken, wanted }) => rotation.judge(wanted, taken).allowed))
          return false;
        for (const { rotation, taken, wanted } of drains) rotation.take(wanted, taken);
        return true;
      };
    },
  };
}

/** What a group that no load balancer looks at can spare. */
export interface SpareHosts {
  /** How many of the running hosts may be out at the same time. */
  readonly healthy: number;
  /** The running hosts: taking any other costs nothing. */
  readonly counts: ReadonlySet<HostId>;
}

/** The floor over hosts: `min_healthy` of all that are listed. `up` are those that run now; a host that does not costs nothing. */
export const spareHosts = (up: ReadonlySet<HostId>, listed: number, minHealthy: Amount): SpareHosts => ({
  healthy: Math.max(0, up.size - floorOf(minHealthy, listed)),
  counts: up,
});

export function allowanceOfHosts({ healthy, counts }: SpareHosts): Allowance {
  return {
    begin() {
      let left = healthy;
      return (host) => {
        if (!counts.has(host)) return true;
        left -= 1;
        return left >= 0;
      };
    },
  };
}

/** Whether one of the containers that the host is to run runs now, in whatever release. */
export const runs = ({ to, containers }: HostObservation): boolean =>
  to.containers.some((spec) => containers.some(({ name, running }) => running && name === spec.name));

/** The listed hosts that run. One that was not looked at (left out by `--limit`, or out of reach) counts as running. */
export function runningHosts(
  peers: readonly Pick<Host, 'id'>[],
  looked: readonly HostObservation[],
): ReadonlySet<HostId> {
  const idle = new Set(looked.filter((host) => !runs(host)).map(({ host }) => host.id));
  return new Set(peers.map(({ id }) => id).filter((id) => !idle.has(id)));
}
