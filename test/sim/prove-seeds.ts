import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { simulatePortion } from './run-worker.js';

/** Seeds in one test: enough to be quick, few enough for a test to end in time on a loaded machine. */
const portion = 25;

/** How many files share the seeds. */
const parts = 4;

/** The seeds of all parts together: ADFPUSH_SIM_SEEDS where it is set. */
const seeds = Number(process.env['ADFPUSH_SIM_SEEDS'] ?? breadth(200, 2_000));

/** Simulates a part of the seeds, from 1 on, in portions, and judges them; what fails can be shrunk (npm run sim). */
export function proveSeeds(part: number): void {
  const count = Math.ceil(seeds / parts / portion);
  const portions = Array.from({ length: count }, (_, index) => 1 + ((part - 1) * count + index) * portion);
  describe('what must always hold', () => {
    it.each(portions)('holds whatever goes wrong (25 seeds from %i)', async (first) => {
      const { failures } = await simulatePortion({ from: first, count: portion, shrinks: false });
      const breaches = failures.flatMap(({ seed, violations }) =>
        violations.map(({ statement, what }) => `seed ${seed}, statement ${statement}: ${what}`),
      );
      // To shrink them: npm run sim -- --seeds 1 --from SEED
      expect(breaches).toEqual([]);
    });
  });
}
