import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { adfpush } from '../stages/adfpush.js';

const folder = (): string => temporaryFolder('cache');

/** Node tells what it does with its compile cache. */
const telling = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE', NODE_COMPILE_CACHE: '' };

it('a second start runs code that the first one compiled', async () => {
  const cache = folder();
  const variables = { ...telling, XDG_CACHE_HOME: cache };

  const first = await adfpush(['deploy', '--help'], undefined, {}, variables);
  const second = await adfpush(['deploy', '--help'], undefined, {}, variables);

  expect([first.exit, second.exit]).toEqual([0, 0]);
  expect(`${first.stdout}${first.stderr}`).not.toContain('was accepted');
  expect(`${second.stdout}${second.stderr}`).toContain('commands/table.js was accepted');
  expect(readdirSync(join(cache, 'adfpush'))).toEqual(['compiled']);
});

it('goes by the home folder without XDG_CACHE_HOME', async () => {
  const home = folder();
  await adfpush(['--help'], undefined, {}, { XDG_CACHE_HOME: '', HOME: home });
  expect(readdirSync(join(home, '.cache/adfpush/compiled'))).not.toEqual([]);
});

it.each([
  [
    'a home that does not exist',
    () => {
      const home = join(folder(), 'missing');
      return { home, cache: home };
    },
  ],
  [
    'a cache that is not a folder',
    () => {
      const home = folder();
      writeFileSync(join(home, '.cache'), 'taken');
      return { home, cache: join(home, '.cache/adfpush') };
    },
  ],
])('does without in %s', async (_, make) => {
  const { home, cache } = make();
  const { exit, stderr } = await adfpush(['--help'], undefined, {}, { XDG_CACHE_HOME: '', HOME: home });
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(existsSync(cache)).toBe(false);
});

it('runs no code from a folder that others may write to', async () => {
  const cache = folder();
  const shared = join(cache, 'adfpush/compiled');
  mkdirSync(shared, { recursive: true });
  chmodSync(shared, 0o777);

  const { exit, stderr } = await adfpush(['--help'], undefined, {}, { XDG_CACHE_HOME: cache });

  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(readdirSync(shared)).toEqual([]);
});

it('begins anew when it has become too large: every build of the program has files of its own', async () => {
  const cache = folder();
  const old = join(cache, 'adfpush/compiled/v22-old');
  mkdirSync(old, { recursive: true });
  for (let file = 0; file < 250; file += 1) writeFileSync(join(old, String(file)), '');

  const { exit, stderr } = await adfpush(['--help'], undefined, {}, { XDG_CACHE_HOME: cache });

  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  expect(existsSync(old)).toBe(false);
  const [kept = ''] = readdirSync(join(cache, 'adfpush/compiled'));
  expect(readdirSync(join(cache, 'adfpush/compiled', kept))).not.toEqual([]);
});
