import type { HostId } from '../model/ids.js';
import { amountOf, type Amount } from '../model/settings.js';
import type { Allowance } from './allowance.js';

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

/**
 * The next batch: as many as `size` says from the front of the queue, cut where the floor would be undercut. Empty when not
 * even the first host may be taken now.
 */
export function nextBatch(queue: readonly HostId[], size: number, allowance: Allowance): readonly HostId[] {
  const mayGo = allowance.begin();
  const cut = queue.slice(0, size).findIndex((host) => !mayGo(host));
  return queue.slice(0, cut === -1 ? size : cut);
}

/** The size of the nth batch (from 0) of `total` hosts: the list's last entry goes on. At least 1; an empty list means all. */
export function batchSize(serial: readonly Amount[], index: number, total: number): number {
  const amount = serial[Math.min(index, serial.length - 1)];
  return amount === undefined ? Math.max(1, total) : Math.max(1, amountOf(amount, total));
}

/**
 * The batches as they will be if every host stays as healthy as it is now. Where the floor lets none go now, the next host waits
 * for it and goes alone.
 */
export function expectedBatches(
  order: readonly HostId[],
  serial: readonly Amount[],
  allowance: Allowance,
): readonly (readonly HostId[])[] {
  const batches: (readonly HostId[])[] = [];
  for (let done = 0; done < order.length;) {
    const size = batchSize(serial, batches.length, order.length);
    // A batch is no longer than its size: only so much of the queue is looked at, or a long roll would cost its square.
    const queue = order.slice(done, done + size);
    const batch = nextBatch(queue, size, allowance);
    batches.push(batch.length > 0 ? batch : queue.slice(0, 1));
    done += Math.max(1, batch.length);
  }
  return batches;
}
