import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { Redaction } from '../../src/events/redaction.js';
import { Secret } from '../../src/model/secret.js';
import { SpillFiles } from '../../src/state/spill-files.js';
import { LocalConnection } from '../../src/transport/local-connection.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { systemClock } from '../stages/system-clock.js';

const connection = new LocalConnection(makeHost('here'), systemClock);
const mebibyte = 1024 * 1024;

let directory: string;
let redaction: Redaction;
let spills: SpillFiles;
beforeEach(() => {
  directory = temporaryFolder('spill');
  redaction = new Redaction();
  spills = new SpillFiles({ directory, redaction: () => redaction.stream(), now: () => Date.now() });
});

const run = (script: string, name = 'host.step'): ReturnType<LocalConnection['run']> =>
  connection.run({ script }, { spill: (stream) => spills.open('run-1', `${name}.${stream}`) });

test('what fits into memory makes no file', async () => {
  const result = await run('echo small; echo too >&2');

  expect(result).toMatchObject({ stdout: 'small\n', stderr: 'too\n', truncated: false });
  expect(result.files).toBeUndefined();
  expect(existsSync(join(directory, 'output'))).toBe(false);
});

test('every byte of too much output is in files that only their owner can read, text or not', async () => {
  const noise = join(directory, 'noise');
  execFileSync('sh', ['-c', `head -c ${20 * mebibyte} /dev/urandom > ${noise}`]);

  const result = await run(`cat ${noise}; cat ${noise} >&2; exit 3`);

  expect(result.outcome).toEqual({ kind: 'exited', code: 3 });
  expect(result.truncated).toBe(true);
  for (const stream of ['stdout', 'stderr'] as const) {
    const file = result.files?.[stream];
    expect(file).toEqual({ path: join(directory, `output/run-1/host.step.${stream}`) });
    expect(readFileSync(file!.path).equals(readFileSync(noise))).toBe(true);
    expect(statSync(file!.path).mode & 0o777).toBe(0o600);
    expect(result[stream]).toContain(`all of it is in ${file!.path}`);
    expect(result[stream].length).toBeLessThan(200_000);
  }
  expect(statSync(join(directory, 'output/run-1')).mode & 0o777).toBe(0o700);
});

test('secrets are in no file, wherever they are split', async () => {
  const secret = 'correct horse battery staple';
  redaction.add(new Secret(secret));

  const result = await run(`yes '${secret}' | head -c ${5 * mebibyte}`);

  const text = readFileSync(result.files!.stdout!.path, 'utf8');
  expect(text).not.toContain('horse');
  expect(text.startsWith('***\n***\n')).toBe(true);
});

test('a disk that is full ends no command, and the result says that the file is not complete', async (context) => {
  const full = join(directory, 'output');
  mkdirSync(full);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', full], { stdio: 'ignore' });
  } catch {
    console.warn('LEFT OUT: output on a full disk, since nothing can be mounted here');
    context.skip();
  }
  try {
    const result = await run(`head -c ${10 * mebibyte} /dev/zero | tr '\\0' x; echo the end; exit 4`);

    expect(result.outcome).toEqual({ kind: 'exited', code: 4 });
    expect(result.stdout.endsWith('xthe end\n')).toBe(true);
    expect(result.files?.stdout?.incomplete).toContain('ENOSPC');
    expect(result.stdout).toContain('has what could be written: ENOSPC');
  } finally {
    execFileSync('umount', [full]);
  }
});

test('what runs left there more than 14 days ago is removed', async () => {
  for (const [name, days] of [
    ['old', 15],
    ['young', 13],
  ] as const) {
    const folder = join(directory, 'output', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'host.stdout'), '');
    const then = Date.now() / 1_000 - days * 86_400;
    utimesSync(folder, then, then);
  }

  await run(`head -c ${2 * mebibyte} /dev/zero`);

  expect(existsSync(join(directory, 'output/old'))).toBe(false);
  expect(existsSync(join(directory, 'output/young'))).toBe(true);
  expect(existsSync(join(directory, 'output/run-1'))).toBe(true);
});

test('a command that is run once more leaves what it said the first time as it is', async () => {
  const say = (letter: string) => run(`head -c ${2 * mebibyte} /dev/zero | tr '\\0' ${letter}`);

  const files = [await say('a'), await say('b'), await say('c')].map(({ files }) => files?.stdout?.path);

  const first = join(directory, 'output/run-1/host.step.stdout');
  expect(files).toEqual([first, `${first}.2`, `${first}.3`]);
  expect(files.map((path) => readFileSync(path!, 'utf8')[0])).toEqual(['a', 'b', 'c']);
});

test('a folder in which no file can be made ends no command, and the result says so', async () => {
  writeFileSync(join(directory, 'output'), 'a file where the folder should be');

  const result = await run(`head -c ${2 * mebibyte} /dev/zero`);

  expect(result.outcome).toEqual({ kind: 'exited', code: 0 });
  expect(result.files?.stdout?.incomplete).toContain('not a directory');
});
