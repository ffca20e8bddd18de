import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { commands } from '../../src/commands/table.js';
import { program } from '../stages/adfpush.js';
import { loadedBy } from '../stages/loaded-by.js';

/** The sources that a command loads in one of the projects here. */
const sourcesLoadedBy = async (
  words: readonly string[],
  project = '.',
  exit = 0,
): Promise<ReadonlySet<string>> => {
  const loaded = await loadedBy(words, { cwd: new URL(`projects/${project}`, import.meta.url) }, exit);
  return new Set([...loaded].filter((source) => !source.startsWith('node:')));
};

const isAws = (source: string): boolean => /^@(aws-sdk|smithy)\//.test(source);
const isSsh = (source: string): boolean => source === 'ssh2';
const isLab = (source: string): boolean => source.startsWith('src/lab/');

/** Of the parts that only some commands need, those that this one loads. */
const heavyParts = (sources: ReadonlySet<string>): readonly string[] =>
  [...sources].filter((source) => isAws(source) || isSsh(source) || isLab(source));

it('--version loads the start alone', async () => {
  const sources = await sourcesLoadedBy(['--version']);
  expect([...sources].sort()).toEqual([
    'src/bin.ts',
    'src/cli/closed-outputs.ts',
    'src/cli/compile-cache.ts',
  ]);
});

it('the start imports nothing that a Node too old for it lacks', () => {
  const known = [
    'existsSync',
    'mkdirSync',
    'readFileSync',
    'readdirSync',
    'rmSync',
    'statSync',
    'isAbsolute',
    'join',
    'fileURLToPath',
  ];
  const bin = readFileSync(program, 'utf8');
  const started = [...bin.matchAll(/from "\.\/(start-.*\.js)"/g)].map(([, file = '']) => file);
  expect(started).toHaveLength(1);
  const files = [bin, ...started.map((file) => readFileSync(join(dirname(program), file), 'utf8'))];
  const imports = files.flatMap((text) => [...text.matchAll(/^import \{ (.+) \} from "node:/gm)]);
  const names = imports.flatMap(([, list = '']) => list.split(', ').map((name) => name.split(' as ')[0]));

  expect(names).toContain('readFileSync');
  expect(names.filter((name) => name !== undefined && !known.includes(name))).toEqual([]);
  expect(files.join('')).not.toMatch(/import\.meta\.(dirname|filename)|getBuiltinModule/);
});

it.each(['', ...Object.keys(commands)])('%s --help loads nothing that runs a command', async (id) => {
  const sources = await sourcesLoadedBy([...id.split(':').filter(Boolean), '--help']);

  expect(sources).toContain('@oclif/core');
  expect(heavyParts(sources)).toEqual([]);
  expect([...sources].filter((source) => /^src\/(deploy|recovery|run|check|world)\//.test(source))).toEqual(
    [],
  );
});

it('lists the hosts of a file without the AWS SDK, ssh2 and the lab', async () => {
  const sources = await sourcesLoadedBy(['inventory', 'list', '--env', 'staging'], 'two-environments');
  expect(sources).toContain('src/world/inventory.ts');
  expect(heavyParts(sources)).toEqual([]);
});

it.each([['plan'], ['deploy'], ['status'], ['exec', '--', 'true']])(
  '%s refuses a group that is not there without the AWS SDK, ssh2 and the lab',
  async (...words) => {
    const [command = '', ...rest] = words;
    const given = [command, '--group', 'nobody', '--env', 'staging', ...rest];
    const sources = await sourcesLoadedBy(given, 'two-environments', 3);
    expect(sources).toContain('src/world/open-world.ts');
    expect(heavyParts(sources)).toEqual([]);
  },
);
