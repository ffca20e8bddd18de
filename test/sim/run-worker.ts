import { SeededRandom } from '../fakes/seeded-random.js';
import { addFigures, judgeSeed, noFigures, type Figures } from './judge-seed.js';
import type { Violation } from './oracle/story.js';
import { randomScenario } from './scenario.js';
import { asTest, shrink } from './shrink.js';

/** What a worker is told to do: some seeds, one after the other. */
export interface Portion {
  readonly from: number;
  readonly count: number;
  /** Make failing ones smaller. */
  readonly shrinks: boolean;
}

/** What came of a portion. */
export interface PortionResult {
  readonly figures: Figures;
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** As tests: one for each statement that was broken. */
  readonly shrunk: readonly string[];
}

export async function simulatePortion({ from, count, shrinks }: Portion): Promise<PortionResult> {
  let figures = noFigures;
  const failures: Failure[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const judged = await judgeSeed(seed);
    figures = addFigures(figures, judged.figures);
    if (judged.violations.length === 0) continue;
    const statements = [...new Set(judged.violations.map(({ statement }) => statement))];
    const shrunk: string[] = [];
    for (const statement of shrinks ? statements : []) {
      shrunk.push(asTest(await shrink(seed, randomScenario(new SeededRandom(seed)), statement)));
    }
    failures.push({ seed, violations: judged.violations, shrunk });
  }
  return { figures, failures };
}

process.on('message', (portion: Portion) => {
  void simulatePortion(portion).then((result) => process.send?.(result));
});
