import type { HostId } from '../model/ids.js';

export interface Candidate {
  readonly host: HostId;
  readonly zone?: string;
  /** Healthy in every target group at this moment, or simply running where there is none. */
  readonly healthy: boolean;
}

/**
 * The order of a roll: unhealthy hosts first, since taking them costs nothing; then one zone after the other in turn, so that
 * a batch never falls on a single zone when it can be helped. Stable: equal hosts keep their order.
 */
export function rollOrder(candidates: readonly Candidate[]): readonly HostId[] {
  const unhealthy = candidates.filter(({ healthy }) => !healthy);
  const healthy = candidates.filter((candidate) => candidate.healthy);
  return [...spreadOverZones(unhealthy), ...spreadOverZones(healthy)].map(({ host }) => host);
}

function spreadOverZones(candidates: readonly Candidate[]): readonly Candidate[] {
  const zones = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const zone = candidate.zone ?? '';
    const known = zones.get(zone);
    if (known === undefined) zones.set(zone, [candidate]);
    else known.push(candidate);
  }
  const queues = [...zones.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, queue]) => queue);
  const longest = Math.max(0, ...queues.map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? [])).flat();
}
