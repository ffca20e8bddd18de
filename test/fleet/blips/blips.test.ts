import { expect } from 'vitest';
import { fleetTest } from '../fleet-test.js';
import { bundled, chosenPairs } from './pairs.js';
import { lineOf, tableOf } from './table.js';
import { tryPairs, type Outcome } from './try-pairs.js';
import { World } from './world.js';

/** All pairs one after the other take more than an hour. */
const longest = 6 * 3_600_000;

fleetTest(
  'a blip of any kind in any phase is no failure',
  async ({ fleet }) => {
    const world = await World.open(fleet);
    const outcomes: Outcome[] = [];
    try {
      for (const bundle of bundled(chosenPairs())) {
        outcomes.push(
          ...(await tryPairs(world, bundle, (found) => {
            console.log([...found.map(lineOf), ...(found[0]?.wrong ?? [])].join('\n'));
          })),
        );
      }
    } finally {
      await world.close();
      console.log(tableOf(outcomes));
    }
    expect(outcomes.length).toBeGreaterThan(0);
    const wrong = outcomes.filter((outcome) => outcome.wrong.length > 0);
    expect(wrong.map((outcome) => [lineOf(outcome), ...outcome.wrong].join('\n'))).toEqual([]);
  },
  longest,
);
