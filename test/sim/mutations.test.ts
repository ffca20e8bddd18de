import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mutations } from './mutations/mutations.js';

/** Far more than any of them needed so far. */
const mostSeeds = 1_500;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The first seed whose simulation with a broken engine breaks the statement; 0 when none does. */
async function seedThatCatches(index: number, statement: number): Promise<number> {
  const imports = ['./test/sim/typescript.ts', './test/sim/mutations/mutate.ts'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--experimental-transform-types',
      '--no-warnings',
      ...imports.flatMap((file) => ['--import', file]),
      './test/sim/mutations/until-caught.ts',
      String(statement),
      String(mostSeeds),
    ],
    { cwd: root, env: { ...process.env, ADFPUSH_SIM_MUTATION: String(index) } },
  );
  return Number(stdout);
}

describe('the oracle', () => {
  it('is tested for each of the fifteen statements', () => {
    const all = Array.from({ length: 16 }, (_, number) => number);
    expect([...new Set(mutations.map(({ statement }) => statement))]).toEqual(all);
  });

  it.each(mutations.map((mutation, index) => ({ ...mutation, index })))(
    '$statement: catches an engine whose $file has another line',
    async ({ index, statement }) => {
      const seed = await seedThatCatches(index, statement);
      console.log(`statement ${statement}: caught by seed ${seed}`);
      expect(seed).toBeGreaterThan(0);
    },
    240_000,
  );
});
