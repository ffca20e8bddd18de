import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostId } from '../../src/model/ids.js';
import { rollOrder, type Candidate } from '../../src/plan/batches.js';

const candidates = fc
  .array(fc.record({ zone: fc.constantFrom('a', 'b', 'c', undefined), healthy: fc.boolean() }), {
    maxLength: 20,
  })
  .map((given) =>
    given.map(({ zone, healthy }, index): Candidate => ({
      host: hostId(`h${index}`),
      healthy,
      ...(zone === undefined ? {} : { zone }),
    })),
  );

describe('the order of a roll', () => {
  it('has every host exactly once, the unhealthy ones first', () => {
    fc.assert(
      fc.property(candidates, (given) => {
        const order = rollOrder(given);
        expect([...order].sort()).toEqual(given.map(({ host }) => host).sort());
        const healthy = order.map((host) => given.find((one) => one.host === host)?.healthy);
        expect(healthy).toEqual([...healthy].sort((a, b) => Number(a) - Number(b)));
      }),
    );
  });

  it('takes no zone again before every other zone that has hosts left had its turn', () => {
    fc.assert(
      fc.property(candidates, (given) => {
        const zoneOf = new Map(given.map(({ host, zone }) => [host, zone]));
        const order = rollOrder(given.map((one) => ({ ...one, healthy: true })));
        for (const [index, host] of order.entries()) {
          const zone = zoneOf.get(host);
          const next = order.findIndex((other, at) => at > index && zoneOf.get(other) === zone);
          if (next === -1) continue;
          const between = new Set(order.slice(index + 1, next).map((other) => zoneOf.get(other)));
          const left = new Set(order.slice(index + 1).map((other) => zoneOf.get(other)));
          left.delete(zone);
          // A zone that comes before this one in the order may have had its last host already.
          for (const other of left) {
            const before = order.slice(0, index).some((one) => zoneOf.get(one) === other);
            expect(between.has(other) || before).toBe(true);
          }
        }
      }),
    );
  });

  it('keeps the given order among equals, zones by name', () => {
    const given: Candidate[] = [
      { host: hostId('h1'), zone: 'b', healthy: true },
      { host: hostId('h2'), zone: 'a', healthy: true },
      { host: hostId('h3'), zone: 'a', healthy: true },
      { host: hostId('h4'), zone: 'b', healthy: true },
      { host: hostId('h5'), zone: 'a', healthy: false },
    ];
    expect(rollOrder(given)).toEqual(['h5', 'h2', 'h1', 'h3', 'h4']);
  });
});
