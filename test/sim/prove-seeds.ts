import { describe, expect, it } from 'vitest';
import { simulatePortion } from './run-worker.js';

/** Seeds in one test: enough to be quick, few enough for a test to end in time on a loaded machine. */
const portion = 25;

/** Simulates these seeds in portions, and judges them; what fails can be shrunk (npm run sim). */
export function proveSeeds(from: number, count: number): void {
  const portions = Array.from({ length: count / portion }, (_, index) => from + index * portion);
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
