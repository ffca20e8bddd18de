import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostId, type HostId } from '../../src/model/ids.js';
import type { Amount } from '../../src/model/settings.js';
import { allowanceOfHosts, unlimited } from '../../src/plan/allowance.js';
import { batchSize, expectedBatches, nextBatch } from '../../src/plan/batches.js';

const amounts = fc.oneof(
  fc.record({ hosts: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
);
const queues = fc
  .integer({ min: 1, max: 40 })
  .map((length) => Array.from({ length }, (_, i) => hostId(`h${i}`)));
const rolls = queues.chain((queue) =>
  fc.record({
    queue: fc.constant(queue),
    healthy: fc.subarray(queue).map((hosts): ReadonlySet<HostId> => new Set(hosts)),
    allowed: fc.integer({ min: 0, max: 40 }),
    serial: fc.array(amounts, { maxLength: 4 }),
  }),
);

describe('the size of a batch', () => {
  it.each<[string, readonly Amount[], number, number, number]>([
    ['a number', [{ hosts: 3 }], 0, 10, 3],
    ['a share, rounded down', [{ percent: 25 }], 0, 10, 2],
    ['a share that would be none is one', [{ percent: 25 }], 0, 3, 1],
    ['a share with a fraction', [{ percent: 33.3 }], 0, 10, 3],
    ['100%', [{ percent: 100 }], 0, 7, 7],
    ['the entry of the batch', [{ hosts: 1 }, { hosts: 5 }], 1, 10, 5],
    ['the last entry from then on', [{ hosts: 1 }, { percent: 50 }], 4, 10, 5],
    ['all at once without serial', [], 0, 10, 10],
  ])('is %s', (_, serial, index, total, size) => {
    expect(batchSize(serial, index, total)).toBe(size);
  });
});

describe('the next batch', () => {
  it('is a beginning of the queue, no longer than asked, with no more healthy hosts than may be out', () => {
    fc.assert(
      fc.property(rolls, fc.integer({ min: 1, max: 40 }), ({ queue, healthy, allowed }, size) => {
        const batch = nextBatch(queue, size, allowanceOfHosts({ healthy: allowed, counts: healthy }));
        expect(batch).toEqual(queue.slice(0, batch.length));
        expect(batch.length).toBeLessThanOrEqual(size);
        expect(batch.filter((host) => healthy.has(host)).length).toBeLessThanOrEqual(allowed);
      }),
    );
  });

  it('is cut only where one host more would break the floor', () => {
    fc.assert(
      fc.property(rolls, fc.integer({ min: 1, max: 40 }), ({ queue, healthy, allowed }, size) => {
        const batch = nextBatch(queue, size, allowanceOfHosts({ healthy: allowed, counts: healthy }));
        const cut = queue[batch.length];
        if (cut === undefined || batch.length === size) return;
        expect(healthy.has(cut)).toBe(true);
        expect(batch.filter((host) => healthy.has(host)).length).toBe(allowed);
      }),
    );
  });
});

describe('the batches of a plan', () => {
  it('have every host exactly once in the order of the roll, whatever the floor allows', () => {
    fc.assert(
      fc.property(rolls, ({ queue, healthy, allowed, serial }) => {
        const batches = expectedBatches(
          queue,
          serial,
          allowanceOfHosts({ healthy: allowed, counts: healthy }),
        );
        expect(batches.flat()).toEqual(queue);
        expect(batches.every((batch) => batch.length > 0)).toBe(true);
      }),
    );
  });

  it('keep to the serial sizes and to the floor', () => {
    fc.assert(
      fc.property(rolls, ({ queue, healthy, allowed, serial }) => {
        const batches = expectedBatches(
          queue,
          serial,
          allowanceOfHosts({ healthy: allowed, counts: healthy }),
        );
        for (const [index, batch] of batches.entries()) {
          expect(batch.length).toBeLessThanOrEqual(batchSize(serial, index, queue.length));
          const taken = batch.filter((host) => healthy.has(host)).length;
          // One at a time is what a roll at its floor waits for.
          expect(taken).toBeLessThanOrEqual(Math.max(1, allowed));
        }
      }),
    );
  });

  it('grow as serial says: a canary, a quarter, the rest', () => {
    const queue = Array.from({ length: 12 }, (_, index) => hostId(`h${index}`));
    const serial: readonly Amount[] = [{ hosts: 1 }, { percent: 25 }, { percent: 100 }];
    const batches = expectedBatches(queue, serial, unlimited);
    expect(batches.map((batch) => batch.length)).toEqual([1, 3, 8]);
  });
});
