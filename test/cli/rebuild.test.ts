import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { rolldown } from 'rolldown';
import { beforeEach, expect, it } from 'vitest';
import { fileNames, publishTo } from '../../build/publish.js';
import { endedWithTest } from '../stages/processes.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('rebuild');
  mkdirSync(join(folder, 'src'));
  // It loads a part when it is asked to, as a deploy does for its first host.
  writeFileSync(
    join(folder, 'src/bin.mjs'),
    `console.log('started');
process.stdin.once('data', async () => console.log((await import('./late.mjs')).late));`,
  );
});

/** Builds the program as the project's own is built, with another late part. */
async function build(late: string): Promise<void> {
  writeFileSync(join(folder, 'src/late.mjs'), `export const late = ${JSON.stringify(late)};`);
  const bundle = await rolldown({
    input: { bin: join(folder, 'src/bin.mjs') },
    platform: 'node',
    plugins: [publishTo(join(folder, 'dist'))],
  });
  await bundle.write({ dir: join(folder, '.dist-next'), format: 'esm', sourcemap: true, ...fileNames });
  await bundle.close();
}

/** Starts what is built; the function that it gives lets it load its late part, and gives what that said. */
async function start(): Promise<() => Promise<string>> {
  const running = endedWithTest(execa(process.execPath, [join(folder, 'dist/bin.js')]));
  const lines = createInterface({ input: running.stdout });
  await once(lines, 'line');
  return async () => {
    running.stdin.end('\n');
    return (await running).stdout.replace('started\n', '');
  };
}

const lateParts = (): readonly string[] =>
  readdirSync(join(folder, 'dist')).filter((name) => /^late-.*\.js$/.test(name));

it('a program that runs loads its own parts, though it was built anew meanwhile', async () => {
  await build('old');
  const running = await start();

  await build('new');

  expect(await running()).toBe('old');
  expect(await (await start())()).toBe('new');
});

it('a build of the same sources changes nothing', async () => {
  await build('old');
  const before = readdirSync(join(folder, 'dist')).sort();
  await build('old');
  expect(readdirSync(join(folder, 'dist')).sort()).toEqual(before);
});

it('what a build left out before the last four is removed, and so is what no build made', async () => {
  await build('0');
  writeFileSync(join(folder, 'dist/stray.js'), '');
  const running = await start();

  for (const late of ['1', '2', '3', '4']) await build(late);
  expect(lateParts()).toHaveLength(5);
  expect(readdirSync(join(folder, 'dist'))).not.toContain('stray.js');
  expect(await running()).toBe('0');

  await build('5');
  const texts = lateParts().map((name) => readFileSync(join(folder, 'dist', name), 'utf8'));
  expect(texts).toHaveLength(5);
  expect(texts.join('')).not.toContain('"0"');
  expect(readdirSync(folder).sort()).toEqual(['dist', 'src']);
});
