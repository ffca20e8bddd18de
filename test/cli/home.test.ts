import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adfpush, projectOf } from '../stages/adfpush.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const files = {
  'inventory/here.yml': 'source: static\nhosts:\n  one: { address: 127.0.0.1, groups: [api] }\n',
  'touch.yml': '- hosts: all\n  tasks:\n    - command: "true"\n      delegate_to: localhost\n',
};
/** Root may write anywhere: a user who is not root. */
const notRoot = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;

/** A file, which some services have as their home; and a folder that this user may not write to, as on a disk that is mounted to be read. */
const homes: readonly (readonly [string, () => string, typeof notRoot | Record<string, never>])[] = [
  ['is a file', () => '/dev/null', {}],
  ...(isRoot
    ? ([
        [
          'cannot be written',
          () => {
            const home = temporaryFolder('home');
            writeFileSync(join(home, 'kept'), '');
            chmodSync(home, 0o555);
            return home;
          },
          notRoot,
        ],
      ] as const)
    : []),
];

it.each(homes)(
  'with a home that %s what only reads works, and what changes something is refused',
  async (_, make, as) => {
    const project = await projectOf(files);
    if (isRoot) chmodSync(project, 0o755);
    const variables = { HOME: make(), XDG_STATE_HOME: '', XDG_CACHE_HOME: '', XDG_DATA_HOME: '' };

    const listed = await adfpush(['inventory', 'list', '--env', 'here'], project, as, variables);
    expect([listed.exit, listed.stderr]).toEqual([0, '']);
    const played = await adfpush(['run', 'touch.yml', '--env', 'here'], project, as, variables);
    expect([played.exit, played.stderr]).toEqual([
      3,
      expect.stringMatching(/Cannot make the journal[^]*XDG_STATE_HOME/),
    ]);
  },
);
