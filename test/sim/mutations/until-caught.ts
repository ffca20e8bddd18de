// Simulates seed after seed until a statement is broken: `until-caught.ts '{"seeds":[7,1,2,3],"statement":2}'`, any statement when none is
// given. Prints the word of each seed that was judged as a line of JSON (see `SeedWord`).
import { judgeSeed } from '../judge-seed.js';

/** What is to be simulated. */
export interface Search {
  /** From `first` on, and so many. */
  readonly first: number;
  readonly seeds: number;
  /** A seed to be tried before all others: the one that caught it the last time. */
  readonly hint?: number;
  /** Only a breach of this statement counts. */
  readonly statement?: number;
  /** Where a mutant marks its place: it is given up when so many seeds do not come by. */
  readonly seedsUntilPassed?: number;
}

/** What came of one seed. */
export interface SeedWord {
  readonly seed: number;
  /** The statements that it broke. */
  readonly broken: readonly number[];
  /** A mutant may mark its place (see make-mutants.ts): whether any seed so far came by. */
  readonly passed: boolean;
}

declare global {
  var adfpushMutantPassed: boolean | undefined;
}

const { first, seeds, hint, statement, seedsUntilPassed } = JSON.parse(process.argv[2] ?? '{}') as Search;
const order = [
  ...(hint === undefined ? [] : [hint]),
  ...Array.from({ length: seeds }, (_, index) => first + index),
];
for (const [index, seed] of order.entries()) {
  const { violations } = await judgeSeed(seed);
  const broken = [...new Set(violations.map((violation) => violation.statement))];
  const word: SeedWord = { seed, broken, passed: globalThis.adfpushMutantPassed === true };
  console.log(JSON.stringify(word));
  if (statement === undefined ? broken.length > 0 : broken.includes(statement)) break;
  if (!word.passed && index + 1 === seedsUntilPassed) break;
}
