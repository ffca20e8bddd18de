import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, it } from 'vitest';
import { describeUnless, notOnPath } from '../describe-unless.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

/** A project of its own that is released with our script; its `.ci/run` ends as the test says. */
let folder: string;

const git = async (...words: readonly string[]): Promise<string> =>
  (await execa('git', words, { cwd: folder })).stdout;

const release = async (
  version: string,
): Promise<{ readonly exit: number | undefined; readonly said: string }> => {
  const words = [
    '--experimental-transform-types',
    '--no-warnings',
    '--import',
    resolve('test/sim/typescript.ts'),
  ];
  const { exitCode, all } = await execa(process.execPath, [...words, 'scripts/release.ts', version], {
    cwd: folder,
    all: true,
    reject: false,
  });
  return { exit: exitCode, said: all };
};

const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

function ciEndsWith(exit: number): void {
  write('.ci/run', `#!/bin/sh\nexit ${exit}\n`);
  chmodSync(join(folder, '.ci/run'), 0o755);
}

beforeEach(async () => {
  folder = temporaryFolder('release');
  mkdirSync(join(folder, '.ci'));
  cpSync('scripts', join(folder, 'scripts'), { recursive: true });
  write(
    'package.json',
    '{ "name": "released", "version": "0.1.0", "type": "module", "files": ["CHANGELOG.md"] }\n',
  );
  write(
    'CHANGELOG.md',
    '# Changes\n\n## Unreleased\n\n- It can wait.\n\n## 0.1.0 - 2026-01-01\n\n- It runs.\n',
  );
  ciEndsWith(0);
  await execa('npm', ['install', '--package-lock-only', '--offline', '--silent'], { cwd: folder });
  await git('init', '--quiet');
  await git('config', 'user.name', 'test');
  await git('config', 'user.email', 'test@localhost');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'Begin');
});

describeUnless(notOnPath('git'), 'a release', () => {
  it('is committed, tagged and packed, with its changes under its version', async () => {
    const { exit, said } = await release('0.2.0');
    expect(said).toContain('git push --follow-tags');
    expect(exit).toBe(0);
    expect(await git('log', '--format=%s %D', '-1')).toMatch(/^Release 0\.2\.0 .*tag: v0\.2\.0/);
    expect(read('CHANGELOG.md')).toMatch(
      /## Unreleased\n\n## 0\.2\.0 - \d{4}-\d\d-\d\d\n\n- It can wait\.\n\n## 0\.1\.0/,
    );
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({ version: '0.2.0' });
    expect(await git('status', '--porcelain')).toBe('?? released-0.2.0.tgz');
  });

  it('leaves everything as it was when the proof fails', async () => {
    ciEndsWith(1);
    await git('commit', '--quiet', '--all', '--message', 'Break it');
    const { exit, said } = await release('0.2.0');
    expect([exit, said]).toEqual([2, '.ci/run failed: nothing is released.']);
    expect(await git('status', '--porcelain')).toBe('');
    expect(await git('tag', '--list')).toBe('');
  });

  it.each([
    ['an older version', '0.0.9', () => Promise.resolve(), /newer than 0\.1\.0/],
    ['the same version', '0.1.0', () => Promise.resolve(), /newer than 0\.1\.0/],
    ['no version', 'next', () => Promise.resolve(), /newer than 0\.1\.0/],
    ['changes that are not committed', '0.2.0', () => git('rm', '--quiet', 'CHANGELOG.md'), /not committed/],
    ['a tag that is there', '0.2.0', () => git('tag', 'v0.2.0'), /v0\.2\.0 is there already/],
    [
      'nothing to tell users',
      '0.2.0',
      async () => {
        write('CHANGELOG.md', '# Changes\n\n## Unreleased\n\n## 0.1.0 - 2026-01-01\n\n- It runs.\n');
        await git('commit', '--quiet', '--all', '--message', 'Say nothing');
      },
      /says nothing under "Unreleased"/,
    ],
  ])('is refused before anything is changed: %s', async (_, version, given, message) => {
    await given();
    const before = [await git('status', '--porcelain'), await git('rev-parse', 'HEAD')];
    const { exit, said } = await release(version);
    expect(exit).toBe(2);
    expect(said).toMatch(message);
    expect([await git('status', '--porcelain'), await git('rev-parse', 'HEAD')]).toEqual(before);
  });
});
