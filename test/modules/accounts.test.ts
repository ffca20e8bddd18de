import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { dateOf, expiresSchema } from '../../src/modules/account-keys.js';
import { describeUnless, notOnPath } from '../describe-unless.js';
import { OtherShell } from '../stages/host-shells.js';
import { busyboxAccounts } from './fake-busybox-accounts.js';
import { noRootFor, PreparedRoot } from './prepared-root.js';
import { realHost } from './real-host.js';

const shadowTools = [
  'useradd',
  'usermod',
  'userdel',
  'groupadd',
  'groupmod',
  'groupdel',
  'chpasswd',
  'getent',
];
const basics = ['sh', 'cat', 'cut', 'sed', 'awk', 'grep', 'id', 'mkdir', 'rm', 'mv', 'cp', 'chown', 'chmod'];

/** What a host begins with, the same for both kinds. */
const files = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n',
  'etc/group': 'root:x:0:\nann:x:1000:\ndocker:x:120:\naudio:x:29:ann\nwheel:x:10:ann\n',
  'etc/shadow': 'root:*:19000:0:99999:7:::\nann:!:19000:0:99999:7:::\n',
  'etc/gshadow': 'root:*::\nann:!::\ndocker:!::\naudio:!::ann\nwheel:!::ann\n',
  'etc/login.defs': 'UID_MIN 1000\nGID_MIN 1000\nUSERGROUPS_ENAB yes\nUMASK 027\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\n',
  'etc/skel/.profile': '# hello\n',
};
const hash = '$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.';
const otherHash = hash.replace('IxDD', 'AAAA');

interface Kind {
  readonly name: string;
  readonly missing: string | undefined;
  readonly make: () => PreparedRoot;
}

const kinds: readonly Kind[] = [
  {
    name: 'useradd',
    missing: noRootFor([...shadowTools, ...basics]),
    make: () => new PreparedRoot([...shadowTools, ...basics]),
  },
  {
    name: 'busybox',
    missing: noRootFor(['busybox']) ?? notOnPath('busybox'),
    make: () => {
      const root = new PreparedRoot(['busybox']);
      for (const [program, script] of Object.entries(busyboxAccounts)) root.program(program, script);
      const applets = execFileSync('busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
      root.linkAll(applets, '/bin/busybox');
      return root;
    },
  },
];

for (const { name, missing, make } of kinds) {
  const isShadow = name === 'useradd';
  describeUnless(missing, `users and groups of a host with ${name}`, () => {
    const root = missing === undefined ? make() : undefined;
    const inRoot = (path: string): string => join(root?.folder ?? '', path);
    const real = realHost(() => new OtherShell(root?.shell ?? ''));
    beforeEach(() => {
      for (const [path, text] of Object.entries(files)) root?.write(path, text);
      rmSync(inRoot('home'), { recursive: true });
      mkdirSync(inRoot('home/ann'), { recursive: true });
      chownSync(inRoot('home/ann'), 1_000, 1_000);
    });
    afterAll(() => {
      if (root !== undefined) rmSync(root.folder, { recursive: true });
    });
    const line = (file: string, key: string): string | undefined =>
      readFileSync(inRoot(`etc/${file}`), 'utf8')
        .split('\n')
        .find((one) => one.startsWith(`${key}:`));

    /** Twice: the second time nothing is changed, and a dry run said what the first one did. */
    const settle = async (module: string, args: Readonly<Record<string, unknown>>) => {
      const checked = await real.host.check(module, args);
      if (!checked.changes) throw new Error('nothing would change');
      const result = await checked.apply();
      expect(result).toMatchObject({ changed: true, diff: checked.diff, message: checked.summary });
      expect(await real.host.check(module, args)).toMatchObject({ changes: false });
      return result;
    };

    it('makes a user with its group and its home, as it says', async () => {
      const result = await settle('user', {
        name: 'app',
        uid: 1500,
        comment: 'The "shop" $HOME',
        shell: '/bin/sh',
        groups: ['docker', '29'],
      });
      expect(result.values).toMatchObject({ name: 'app', uid: 1500, home: '/home/app', shell: '/bin/sh' });
      expect(line('passwd', 'app')).toMatch(/^app:x:1500:\d+:The "shop" \$HOME:\/home\/app:\/bin\/sh$/);
      expect(line('group', 'docker')).toBe('docker:x:120:app');
      expect(line('group', 'audio')).toBe('audio:x:29:ann,app');
      expect(line('group', 'app')).toBeDefined();
      expect(readFileSync(inRoot('home/app/.profile'), 'utf8')).toBe('# hello\n');
      expect(statSync(inRoot('home/app')).uid).toBe(1500);
    });

    it('makes a user of the system without a home, in a group of its own name that is there', async () => {
      await settle('group', { name: 'app', gid: 300 });
      const { values } = await settle('user', { name: 'app', system: true, create_home: false });
      expect(values).toMatchObject({ group: 300 });
      expect(values['uid']).toBeLessThan(1_000);
      expect(existsSync(inRoot('home/app'))).toBe(false);
    });

    it('gives a password by stdin, and shows none', async () => {
      const args = { name: 'ann', password: new Secret(hash), create_home: false };
      const result = await settle('user', args);
      expect(line('shadow', 'ann')).toContain(`ann:${hash}:`);
      expect(JSON.stringify(result)).not.toContain(hash.slice(3, 20));
      await real.run('user', { ...args, password: otherHash, update_password: 'on_create' });
      expect(line('shadow', 'ann')).toContain(hash);
      await settle('user', { ...args, password: '!' });
      expect(line('shadow', 'ann')).toContain('ann:!:');
    });

    const memberships = [
      [{ groups: 'docker, audio' }, ['audio', 'docker']],
      [{ groups: ['docker'], append: true }, ['audio', 'docker', 'wheel']],
      [{ groups: [] }, []],
    ] as const;
    // Each process costs its time: what is the same for both kinds is tried once.
    it.each(memberships.slice(0, isShadow ? 3 : 1))('with %j a user is in %j', async (args, members) => {
      await settle('user', { name: 'ann', ...args });
      const now = ['audio', 'docker', 'wheel'].filter((group) =>
        (line('group', group) ?? '').split(':')[3]?.split(',').includes('ann'),
      );
      expect(now).toEqual(members);
    });

    it.runIf(isShadow)('makes a home that is missing, whole and its own', async () => {
      rmSync(inRoot('home/ann'), { recursive: true });
      await settle('user', { name: 'ann' });
      expect(statSync(inRoot('home/ann/.profile')).uid).toBe(1_000);
      expect(statSync(inRoot('home/ann')).mode & 0o777).toBe(0o750);
    });

    it('removes a user, and its home when asked to', async () => {
      await settle('user', { name: 'ann', state: 'absent', remove: true });
      expect(line('passwd', 'ann')).toBeUndefined();
      expect(existsSync(inRoot('home/ann'))).toBe(false);
    });

    it('makes and removes a group', async () => {
      await settle('group', { name: 'shop', gid: 1_700 });
      expect(line('group', 'shop')).toContain(':1700:');
      await settle('group', { name: 'shop', state: 'absent' });
      expect(line('group', 'shop')).toBeUndefined();
    });

    it.runIf(isShadow)(
      'a group that is not there is an error with the nearest name, and unknown in a dry run',
      async () => {
        await expect(real.run('user', { name: 'ann', groups: ['dokcer'] })).rejects.toMatchObject({
          code: 'account.no_group',
          hint: 'Did you mean docker?',
        });
        real.host.checkMode = true;
        const checked = await real.host.check('user', { name: 'ann', groups: ['shop'], append: true });
        expect(checked).toMatchObject({ unknown: new UnknownValue('the host has no group "shop" yet') });
      },
    );

    it.runIf(isShadow)('what the host cannot do is an error, and changes nothing', async () => {
      await expect(real.run('user', { name: 'eve', uid: 1_000 })).rejects.toMatchObject({
        code: 'account.failed',
        hint: expect.stringContaining('non_unique') as unknown,
      });
      expect(line('passwd', 'eve')).toBeUndefined();
    });

    it.runIf(isShadow)('changes what differs, and nothing else', async () => {
      const args = {
        name: 'ann',
        uid: 1_001,
        group: 'docker',
        comment: 'Ann B.',
        home: '/home/ann-b',
        move_home: true,
        shell: '/bin/bash',
        expires: '2027-01-31',
      };
      const { diff } = await settle('user', args);
      expect(diff?.split('\n')).toEqual([
        'uid 1000 → 1001',
        'gid 1000 → 120',
        'comment Ann → Ann B.',
        'home /home/ann → /home/ann-b',
        'shell /bin/sh → /bin/bash',
        'expires none → 2027-01-31',
      ]);
      expect(line('passwd', 'ann')).toBe('ann:x:1001:120:Ann B.:/home/ann-b:/bin/bash');
      expect(line('shadow', 'ann')?.split(':')[7]).toBe('20849');
      expect(existsSync(inRoot('home/ann'))).toBe(false);
      await settle('user', { name: 'ann', expires: -1 });
      expect(line('shadow', 'ann')?.split(':')[7]).toBe('');
      await settle('group', { name: 'docker', gid: 999 });
      expect(line('group', 'docker')).toBe('docker:x:999:');
    });

    it.runIf(!isShadow)('says what busybox cannot change', async () => {
      await expect(real.run('user', { name: 'ann', shell: '/bin/ash' })).rejects.toMatchObject({
        code: 'account.busybox',
        message: expect.stringContaining('shell /bin/sh → /bin/ash') as unknown,
      });
      await expect(real.run('group', { name: 'ann', gid: 7 })).rejects.toMatchObject({
        code: 'account.busybox',
      });
    });
  });
}

describe('the day on which a user expires', () => {
  it.each([
    ['1970-01-01', 0],
    ['2000-02-29', 11_016],
    ['2026-12-31', 20_818],
    [1_422_403_387, 16_463],
    ['-1', undefined],
  ])('%j is day %j', (written, day) => {
    expect(expiresSchema.parse(written)).toEqual({ day });
    if (day !== undefined && typeof written === 'string') expect(dateOf(day)).toBe(written);
  });

  it('is the same there and back for all days of 400 years', () => {
    for (let day = -50_000; day < 100_000; day += 17)
      expect(expiresSchema.parse(dateOf(day))).toEqual({ day });
  });

  it.each(['2026-02-30', 'tomorrow'])('refuses %j', (written) => {
    expect(expiresSchema.safeParse(written).success).toBe(false);
  });
});

describe.each([
  ['user', { name: '-x' }, 'must be a name'],
  ['user', { name: '0' }, 'must be a name'],
  ['user', { name: 'a', comment: 'a:b' }, 'without a colon'],
  ['user', { name: 'a', home: 'x' }, 'absolute path'],
  ['user', { name: 'a', password: 'secret' }, 'hash'],
  ['user', { name: 'a', password: '' }, 'hash'],
  ['group', { name: 'a b' }, 'must be a name'],
])('%s with %j', (module, args, words) => {
  const real = realHost();
  it('is refused', async () => {
    await expect(real.host.check(module, args)).rejects.toThrow(words);
  });
});
