import { amountOf, type Amount } from '../model/settings.js';
import type { HostId } from '../model/ids.js';

/** What the floor allows at a moment. */
export interface Allowance {
  /** How many hosts that count as healthy may be out at the same time; Infinity when nothing limits it. */
  readonly healthy: number;
  /** The hosts that count as healthy: taking any other costs nothing. */
  readonly counts: ReadonlySet<HostId>;
}

/**
 * The next batch: as many as `size` says from the front of the queue, cut where the floor would be undercut. Empty when not
 * even the first host may be taken now.
 */
export function nextBatch(queue: readonly HostId[], size: number, allowance: Allowance): readonly HostId[] {
  const batch: HostId[] = [];
  let left = allowance.healthy;
  for (const host of queue.slice(0, size)) {
    if (allowance.counts.has(host)) {
      if (left < 1) break;
      left -= 1;
    }
    batch.push(host);
  }
  return batch;
}

/** The size of the nth batch (from 0) of `total` hosts: the list's last entry goes on. At least 1; an empty list means all. */
export function batchSize(serial: readonly Amount[], index: number, total: number): number {
  const amount = serial[Math.min(index, serial.length - 1)];
  return amount === undefined ? Math.max(1, total) : Math.max(1, amountOf(amount, total));
}

/** The batches as they will be if every host stays as healthy as it is now. */
export function expectedBatches(
  order: readonly HostId[],
  serial: readonly Amount[],
  allowance: Allowance,
): readonly (readonly HostId[])[] {
  const batches: (readonly HostId[])[] = [];
  const free = Math.max(1, allowance.healthy);
  for (let queue = order; queue.length > 0;) {
    const size = batchSize(serial, batches.length, order.length);
    const batch = nextBatch(queue, size, { ...allowance, healthy: free });
    batches.push(batch);
    queue = queue.slice(batch.length);
  }
  return batches;
}
