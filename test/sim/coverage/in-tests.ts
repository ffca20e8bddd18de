// Set-up of each test file that is measured: what it takes of the sources is written down when it has ended.
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, expect } from 'vitest';

/** What one test file took: the numbers of the branches of each source. */
export interface TakenByTest {
  readonly test: string;
  readonly taken: Readonly<Record<string, readonly number[]>>;
}

declare global {
  var adfpushTakeIn: (file: string) => (branch: number) => void;
}

const taken = new Map<string, Set<number>>();

globalThis.adfpushTakeIn = (file) => {
  const own = taken.get(file) ?? new Set();
  taken.set(file, own);
  return (branch) => void own.add(branch);
};

afterAll(() => {
  const folder = process.env['TAKEN_BRANCHES'] ?? '';
  const test = relative(process.cwd(), expect.getState().testPath ?? '');
  const all = Object.fromEntries([...taken].map(([file, branches]) => [file, [...branches]]));
  const found: TakenByTest = { test, taken: all };
  writeFileSync(join(folder, `${test.replaceAll('/', '+')}.json`), JSON.stringify(found));
});
