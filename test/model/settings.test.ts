import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { amountOf, floorOf, formatAmount } from '../../src/model/settings.js';

/** In tenths of a percent, so that the exact result is known in whole numbers. */
const shares = fc.integer({ min: 0, max: 1_000 });
const totals = fc.integer({ min: 0, max: 240 });

describe('an amount', () => {
  it('of hosts is that number, whatever the total', () => {
    expect([amountOf({ hosts: 3 }, 100), floorOf({ hosts: 3 }, 1)]).toEqual([3, 3]);
  });

  it('that is a share is rounded down where it allows, up where it is a floor', () => {
    fc.assert(
      fc.property(shares, totals, (tenths, total) => {
        const percent = tenths / 10;
        expect(amountOf({ percent }, total)).toBe(Math.floor((tenths * total) / 1_000));
        expect(floorOf({ percent }, total)).toBe(Math.ceil((tenths * total) / 1_000));
      }),
      { numRuns: breadth(625, 5_000) },
    );
  });

  it.each([
    [{ hosts: 3 }, '3'],
    [{ percent: 25 }, '25%'],
    [{ percent: 12.5 }, '12.5%'],
  ])('is written as in the files', (amount, text) => {
    expect(formatAmount(amount)).toBe(text);
  });
});
