import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deployProgram } from '../sim/deploy-program.js';
import { mutations } from '../sim/mutations/mutations.js';
import { judge, storyOf } from '../sim/oracle.js';
import { scenarioWith } from '../sim/shrink.js';
import { simulate } from '../sim/simulate.js';
import { statements } from './statements.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const seeds = [1, 2, 3, 4, 5, 6];

describe.each(statements)('$number: $says', ({ number, danger, cameToPass, proofs }) => {
  it('holds in simulated worlds where it is in danger, as all others do', async () => {
    const runs = await Promise.all(seeds.map((seed) => simulate(seed, scenarioWith(danger), deployProgram)));
    expect(runs.flatMap((run) => judge(storyOf(run)))).toEqual([]);
    expect(runs.some(cameToPass)).toBe(true);
  });

  it.each(proofs)('is proven in %s: "%s"', (file, words) => {
    expect(readFileSync(`${root}/${file}`, 'utf8')).toContain(words);
  });

  it('has an engine that breaks it, which the oracle catches (test/sim/mutations.test.ts)', () => {
    expect(mutations.map(({ statement }) => statement)).toContain(number);
  });
});
