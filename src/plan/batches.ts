import type { HostId } from '../model/ids.js';
import { amountOf, type Amount } from '../model/settings.js';
import type { Allowance } from './allowance.js';

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
