import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { TakenByTest } from './in-tests.js';

export interface MeasuredTests {
  /** The files of the tests that take a branch of a source. */
  readonly of: (file: string, branch: number) => readonly string[];
  /** What the tests said, when one of them failed. */
  readonly failure?: string;
}

/** Runs the tests of what is covered, a few minutes long, and looks which branches they take. */
export async function measureTests(root: string): Promise<MeasuredTests> {
  const folder = mkdtempSync(join(tmpdir(), 'adfpush-coverage-'));
  try {
    const result = await execa(
      'vitest',
      ['run', '--config', 'test/sim/coverage/vitest.config.ts', '--reporter', 'dot'],
      {
        cwd: root,
        preferLocal: true,
        localDir: root,
        env: { TAKEN_BRANCHES: folder, NODE_OPTIONS: '' },
        reject: false,
        all: true,
      },
    );
    const tests = globSync('*.json', { cwd: folder })
      .sort()
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as TakenByTest)
      .map(({ test, taken }) => ({
        test,
        taken: new Map(Object.entries(taken).map(([file, branches]) => [file, new Set(branches)])),
      }));
    return {
      of: (file, branch) =>
        tests.filter(({ taken }) => taken.get(file)?.has(branch) === true).map(({ test }) => test),
      ...(result.exitCode === 0 ? {} : { failure: result.all }),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
