import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect } from 'vitest';
import { program } from './adfpush.js';

/**
 * Tells every module that is loaded, a line each, and at the end those of Node itself, on a stream that the program does not use.
 */
const telling = `
import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';
registerHooks({ load(url, context, next) {
  if (url.startsWith('file:')) writeSync(3, url + '\\n');
  return next(url, context);
} });
process.on('exit', () => {
  for (const name of process.moduleLoadList) if (name.startsWith('NativeModule ')) writeSync(3, name.replace('NativeModule ', 'node:') + '\\n');
});`;

/** Where the program runs. */
export interface Place {
  readonly cwd: string | URL;
  /** All of its environment; this process's own when absent. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * What a command loads: sources of packages by the name of the package, of this program by path, and Node's own modules, its internal ones
 * too, as `node:http`. Fails when the command does not end with `exit`.
 */
export async function loadedBy(
  words: readonly string[],
  { cwd, env }: Place,
  exit = 0,
): Promise<ReadonlySet<string>> {
  const hook = `data:text/javascript,${encodeURIComponent(telling)}`;
  const { exitCode, stderr, stdio } = await execa(process.execPath, ['--import', hook, program, ...words], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    reject: false,
    ...(env === undefined ? {} : { env, extendEnv: false }),
  });
  expect(exitCode, stderr).toBe(exit);
  const told = stdio[3].split('\n').filter(Boolean);
  const files = told.filter((line) => line.startsWith('file:')).map((url) => fileURLToPath(url));
  expect(files).toContain(program);
  return new Set([...files.flatMap(sourcesIn), ...told.filter((line) => line.startsWith('node:'))]);
}

/** A file without a source map only passes on what another one exports. */
function sourcesIn(file: string): readonly string[] {
  if (!readFileSync(file, 'utf8').includes('//# sourceMappingURL=')) return [];
  const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: readonly string[] };
  return sources.map(named);
}

const named = (source: string): string =>
  /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? source.replace(/^(\.\.\/)+/, '');
