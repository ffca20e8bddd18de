import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { commands } from '../../src/commands/table.js';
import { program } from './adfpush.js';

/** Tells every module that is loaded, a line each, on a stream that the program does not use. */
const telling = `
import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';
registerHooks({ load(url, context, next) {
  if (url.startsWith('file:')) writeSync(3, url + '\\n');
  return next(url, context);
} });`;

/** The sources that are in the files which a command loads: of packages by name, of this program by path. */
async function sourcesLoadedBy(words: readonly string[], project = '.'): Promise<ReadonlySet<string>> {
  const hook = `data:text/javascript,${encodeURIComponent(telling)}`;
  const { stdio } = await execa(process.execPath, ['--import', hook, program, ...words], {
    cwd: new URL(`projects/${project}`, import.meta.url),
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const files = stdio[3]
    .split('\n')
    .filter(Boolean)
    .map((url) => fileURLToPath(url));
  expect(files).toContain(program);
  return new Set(files.flatMap(sourcesIn));
}

/** A file without a source map only passes on what another one exports. */
function sourcesIn(file: string): readonly string[] {
  if (!readFileSync(file, 'utf8').includes('//# sourceMappingURL=')) return [];
  const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: readonly string[] };
  return sources.map(named);
}

const named = (source: string): string =>
  /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? source.replace(/^(\.\.\/)+/, '');

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
    'statSync',
    'isAbsolute',
    'join',
    'fileURLToPath',
  ];
  const files = ['bin.js', 'start.js'].map((file) => readFileSync(join(dirname(program), file), 'utf8'));
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
