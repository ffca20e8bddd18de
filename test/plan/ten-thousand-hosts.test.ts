import { describe, expect, it } from 'vitest';
import { planRoll } from '../../src/plan/roll-plan.js';
import { findRefusals } from '../../src/plan/preflight.js';
import { placesOfNewHosts, tenThousandHosts } from './large-fleet.js';

describe('a fleet of 10,000 hosts', () => {
  it.each([
    ['one host after the other', [{ hosts: 1 }], 10_000],
    ['all at once, cut by the floor', [{ percent: 100 }], 2],
  ])('is planned, %s', (_, serial, batches) => {
    const group = tenThousandHosts(serial);
    expect(findRefusals(group)).toEqual([]);
    expect(planRoll(group).batches.length).toBe(batches);
  });

  it('has the places of its new hosts found', () => {
    expect(placesOfNewHosts()).toEqual(Array.from({ length: 10_000 }, () => 1));
  });
});
