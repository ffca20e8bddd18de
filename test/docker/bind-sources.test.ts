import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeUnless } from '../describe-unless.js';
import { bindSourcesFrom, bindSourcesScript } from '../../src/docker/bind-sources.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const root = temporaryFolder("it's here");
chmodSync(root, 0o755);
mkdirSync(join(root, 'folder'));
writeFileSync(join(root, 'file'), '');
symlinkSync(join(root, 'file'), join(root, 'link'));
symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
mkdirSync(join(root, 'closed'));
chmodSync(join(root, 'closed'), 0o700);

const look = (names: readonly string[], as: { readonly uid?: number } = {}): readonly string[] => {
  const paths = names.map((name) => join(root, name));
  const output = execFileSync('/bin/sh', ['-s'], {
    input: bindSourcesScript(paths),
    encoding: 'utf8',
    ...as,
  });
  return bindSourcesFrom(output, paths);
};

test('what is at each path is told, in their order', () => {
  expect(look(['folder', 'file', 'link', 'dangling', 'no/such/path', 'file/below', 'folder/'])).toEqual([
    'folder',
    'file',
    'file',
    'missing',
    'missing',
    'missing',
    'folder',
  ]);
});

test('nothing is made by looking', () => {
  look(['a/b/c']);
  expect(look(['a'])).toEqual(['missing']);
});

const noRoot = process.getuid?.() === 0 ? undefined : 'only root can be another user';
describeUnless(noRoot, 'another login user', () => {
  test('knows nothing of what it may not see: that is not missing', () => {
    const nobody = { uid: 65_534 };
    expect(look(['closed', 'closed/app.conf', 'closed/a/b', 'file', 'none'], nobody)).toEqual([
      'folder',
      'unknown',
      'unknown',
      'file',
      'missing',
    ]);
  });
});

test('a host that says nothing has told nothing', () => {
  expect(bindSourcesFrom('', ['/a', '/b'])).toEqual(['unknown', 'unknown']);
});
