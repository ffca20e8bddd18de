import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isDeep } from '../deep.js';
import { edited } from './mutations/edit.js';
import { hunt, type Fate } from './mutations/hunt.js';
import { editsOf, mutations, type Mutation } from './mutations/mutations.js';

const root = join(import.meta.dirname, '../..');

/** Far more than any of them needs by the seed that is written beside it; so many it may need when the world has changed since. */
const mostSeeds = 2_000;

/** Simulates the broken engine, first with the seed that caught it before; tells the seed that does now, to be written down. */
async function judged({ seed, statement, ...mutation }: Mutation): Promise<Fate> {
  const fate = await hunt(editsOf(mutation), { first: 1, seeds: mostSeeds, hint: seed, statement });
  if (fate.kind === 'caught' && fate.seed !== seed) {
    console.log(
      `statement ${statement}, ${mutation.what}: caught by seed ${fate.seed}, not by ${seed} any more`,
    );
  }
  return fate;
}

/** Each mutation costs a process: in an ordinary run the first of each statement is tried, in a deep one all are. */
const tried = isDeep()
  ? mutations
  : [...Map.groupBy(mutations, ({ statement }) => statement).values()].map(([first]) => first!);

describe('the oracle', () => {
  it.each(mutations)('$statement: has an edit that fits the code, for an engine that $what', (mutation) => {
    for (const edit of editsOf(mutation)) {
      const source = readFileSync(join(root, edit.file), 'utf8');
      expect(edited(source, edit)).not.toBe(source);
    }
  });

  it('is tested for each of the fifteen statements', () => {
    const all = Array.from({ length: 16 }, (_, number) => number);
    const tested = new Set(mutations.map(({ statement }) => statement));
    expect([...tested].toSorted((a, b) => a - b)).toEqual(all);
  });

  it.each(tried)('$statement: catches an engine that $what', async (mutation) => {
    expect(await judged(mutation)).toMatchObject({ kind: 'caught' });
  });
});
