import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { applyMode, fileModeSchema } from '../../../src/model/schema/file-mode.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';

it.each([
  ['0644', 0o644],
  ['644', 0o644],
  ['4755', 0o4755],
  ['01777', 0o1777],
  ['u=rwX,g=rX,o=', 'u=rwX,g=rX,o='],
])('reads %j', (text, mode) => {
  expect(fileModeSchema.parse(text)).toBe(mode);
});

it.each([644, 420, '0999', '+x', 'u', '', 'rw-r--r--', true, '77777'])('refuses %j', (value) => {
  expect(fileModeSchema.safeParse(value).success).toBe(false);
});

it('says of a number how it is written', () => {
  const { error } = fileModeSchema.safeParse(644);
  expect(error?.issues[0]).toMatchObject({
    params: { hint: expect.stringContaining('mode: "0644"') as string },
  });
});

it('knows what chmod would make of any bits', () => {
  const folder = temporaryFolder('mode');
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'folder'));
  const modes = [
    'u=rwX,g=rX,o=',
    'a+x',
    'go-w',
    'u+s',
    'g+s,o+t',
    'a=r',
    'o=g',
    'u=rw,g=u,o-rwx',
    'a+X',
    'ug=rwxs',
    'a-s',
    'u+x-w',
  ];
  for (const name of ['file', 'folder']) {
    for (const mode of modes) {
      for (const before of [0o644, 0o600, 0o755, 0o4755, 0o2750, 0o1777, 0]) {
        const path = join(folder, name);
        chmodSync(path, before);
        execFileSync('chmod', [mode, path]);
        const after = (statSync(path).mode & 0o7777).toString(8);
        const told = applyMode(mode, before, name === 'folder').toString(8);
        expect(`${name} ${before.toString(8)} ${mode} ${told}`).toBe(
          `${name} ${before.toString(8)} ${mode} ${after}`,
        );
      }
    }
  }
});
