import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { instrument } from './branches.js';
import { isCovered } from './covered.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The tests that have the covered sources in their own process; no others are measured. */
const measured = 'test/{engine,plan,state,usecases,deploy,recovery,run,check,world,security}/**/*.test.ts';

export default defineConfig({
  root,
  plugins: [
    {
      name: 'branches',
      enforce: 'pre',
      transform(_, id) {
        const file = relative(root, id.split('?')[0] ?? id);
        if (!isCovered(file)) return undefined;
        const mark = `globalThis.adfpushTakeIn(${JSON.stringify(file)})`;
        return { code: instrument(file, readFileSync(root + file, 'utf8'), 0, mark).source, map: null };
      },
    },
  ],
  test: {
    testTimeout: 180_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    include: [measured],
    setupFiles: [`${root}test/sim/coverage/in-tests.ts`],
  },
});
