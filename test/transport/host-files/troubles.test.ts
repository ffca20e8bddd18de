import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AdfError } from '../../../src/errors/adf-error.js';
import type { FileContent, HostFiles } from '../../../src/ports/host-files.js';
import { TransportFiles } from '../../../src/transport/host-files/transport-files.js';
import { LocalTransport } from '../../../src/transport/local-connection.js';
import { describeUnless } from '../../describe-unless.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';
import { Sshd } from '../../stages/sshd.js';
import { systemClock } from '../../stages/system-clock.js';
import { describeWithUsers, openToAllUsers, TestUsers } from '../../stages/test-users.js';
import { OtherShell, thisMachine } from '../../stages/host-shells.js';

const base = temporaryFolder('troubles');
chmodSync(base, 0o755);

const contentOf = (text: string): FileContent => ({
  open: () => Buffer.from(text),
  size: Buffer.byteLength(text),
  sha256: createHash('sha256').update(text).digest('hex'),
});
const here = (): HostFiles =>
  new TransportFiles(new LocalTransport(systemClock)).on(thisMachine, { become: false });
const failure = async (act: Promise<unknown>): Promise<AdfError> => {
  try {
    await act;
  } catch (error) {
    return error as AdfError;
  }
  throw new Error('it did not fail');
};

/** A file system of its own, which can be full and read-only. */
const canMount = ((): boolean => {
  const probe = join(base, 'probe');
  mkdirSync(probe);
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  }
})();

describeUnless(canMount ? undefined : 'mounting needs root', 'a file system', () => {
  const disk = join(base, 'disk');
  const target = join(disk, 'app.conf');
  beforeAll(() => {
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    writeFileSync(target, 'old');
  });
  afterAll(() => execFileSync('umount', [disk]));

  it('that is full keeps the old file, without litter, and the error tells why', async () => {
    expect(await failure(here().write(target, contentOf('x'.repeat(200_000))))).toMatchObject({
      code: 'file.write',
      message: expect.stringContaining('No space left on device') as string,
    });
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readdirSync(disk)).toEqual(['app.conf']);
  });

  it('that is read-only is named as that', async () => {
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    try {
      for (const act of [
        () => here().write(target, contentOf('new')),
        () => here().shape(join(disk, 'folder'), { kind: 'directory' }),
        () => here().shape(target, { kind: 'absent' }),
      ]) {
        expect((await failure(act())).message).toContain('Read-only file system');
      }
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', disk]);
    }
    expect(readFileSync(target, 'utf8')).toBe('old');
  });

  it('that is mounted inside a folder keeps the folder from being removed', async () => {
    const inside = join(base, 'with a mount', 'data');
    mkdirSync(inside, { recursive: true });
    execFileSync('mount', ['--bind', disk, inside]);
    try {
      expect(await failure(here().shape(join(base, 'with a mount'), { kind: 'absent' }))).toMatchObject({
        code: 'file.protected',
        message: expect.stringContaining('has a file system mounted at') as string,
      });
      expect(readFileSync(join(inside, 'app.conf'), 'utf8')).toBe('old');
    } finally {
      execFileSync('umount', [inside]);
    }
  });
});

describe('what is in the way', () => {
  let folder: string;
  let target: string;
  beforeEach(() => {
    folder = temporaryFolder('host', base);
    target = join(folder, 'app.conf');
    writeFileSync(target, 'old');
  });

  it('a limit on the size of files', async () => {
    const limited = new OtherShell('/bin/sh', '/usr/bin:/bin; ulimit -f 8');
    const files = new TransportFiles(limited).on(thisMachine, { become: false });
    expect((await failure(files.write(target, contentOf('x'.repeat(100_000))))).code).toMatch(/^file\./);
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['app.conf']);
  });

  it('a pipe, which is not replaced', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await failure(here().write(join(folder, 'pipe'), contentOf('x')))).toMatchObject({
      code: 'file.special',
    });
  });

  it('a file that no one may change', async (context) => {
    try {
      execFileSync('chattr', ['+i', target], { stdio: 'ignore' });
    } catch {
      context.skip('files cannot be made immutable here');
    }
    try {
      expect(await failure(here().write(target, contentOf('new')))).toMatchObject({
        code: 'file.refused',
        message: expect.stringContaining('Operation not permitted') as string,
      });
    } finally {
      execFileSync('chattr', ['-i', target]);
    }
    expect(readFileSync(target, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['app.conf']);
  });
});

describe('removing', () => {
  /** A host whose rm only tells what it was given: these tests must do no harm when they fail. */
  function harmless(variables = ''): { readonly files: HostFiles; readonly removed: () => string } {
    const bin = temporaryFolder('bin', base);
    const told = join(bin, 'told');
    writeFileSync(told, '');
    writeFileSync(join(bin, 'rm'), `#!/bin/sh\necho "$*" >>${told}\n`, { mode: 0o755 });
    const shell = new OtherShell('/bin/sh', `${bin}:/usr/bin:/bin; ${variables}`);
    return {
      files: new TransportFiles(shell).on(thisMachine, { become: false }),
      removed: () => readFileSync(told, 'utf8'),
    };
  }

  const linkToRoot = join(base, 'to-root');
  symlinkSync('/', linkToRoot);
  const home = join(base, 'homes', 'ann');
  mkdirSync(join(home, 'work'), { recursive: true });

  it.each([
    '/',
    '//',
    '/.',
    '/usr/..',
    `${linkToRoot}/.`,
    home,
    `${home}/work/..`,
    '~',
    '/root',
    '/usr',
    '/home/../usr',
  ])('%s is refused', async (path) => {
    const { files, removed } = harmless(`HOME='${home}'; export HOME`);
    expect(await failure(files.shape(path, { kind: 'absent' }))).toMatchObject({ code: 'file.protected' });
    expect(removed()).toBe('');
  });

  it('a folder inside a home is not', async () => {
    const { files, removed } = harmless(`HOME='${home}'; export HOME`);
    await files.shape('~/work', { kind: 'absent' });
    expect(removed()).toBe(`-rf -- ${home}/work\n`);
  });
});

const shells = ['/bin/sh', '/usr/bin/fish', '/usr/bin/csh', '/usr/bin/zsh'];
describeWithUsers([...shells, '/usr/bin/sudo'], 'a user of the host', () => {
  let users: TestUsers;
  let sshd: Sshd;
  beforeAll(async () => {
    users = new TestUsers();
    sshd = await Sshd.start();
    openToAllUsers(sshd);
  });
  afterAll(async () => {
    await sshd.stop();
    users.remove();
  });
  const names = ['a b', "it's", 'back\\slash', 'wh!at', '-n', '$HOME', 'new\nline', 'ö'];

  it.each(shells)('whose login shell is %s has its files written as with any other shell', async (shell) => {
    const user = users.add({ shell });
    const folder = temporaryFolder('user', base);
    chownSync(folder, Number(execFileSync('id', ['-u', user], { encoding: 'utf8' })), 0);
    const transport = sshd.transport();
    try {
      const files = new TransportFiles(transport).on(sshd.host({ user }), { become: false });
      for (const name of names) {
        const text = `${name}: 'content' of "\\" and !`;
        await files.write(join(folder, name), contentOf(text), { mode: 0o600 });
        expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
        expect(Buffer.from((await files.read(join(folder, name), 1_000)) ?? []).toString()).toBe(text);
        expect(await files.look([{ path: join(folder, name) }])).toMatchObject([{ stat: { owner: user } }]);
      }
      expect(readdirSync(folder).sort()).toEqual([...names].sort());
    } finally {
      await transport.close();
    }
  });

  it('writes what is root’s through sudo, and not without', async () => {
    const user = users.add({ sudoers: ['USER ALL=(ALL) NOPASSWD: ALL'] });
    const folder = temporaryFolder('root', base);
    const target = join(folder, 'app.conf');
    writeFileSync(target, 'old', { mode: 0o600 });
    const transport = sshd.transport();
    try {
      const files = new TransportFiles(transport);
      const asUser = files.on(sshd.host({ user }), { become: false });
      const asRoot = files.on(sshd.host({ user }), { become: true });
      expect(await failure(asUser.write(target, contentOf('new')))).toMatchObject({
        code: 'file.refused',
        hint: expect.stringContaining('become: true') as string,
      });
      await asRoot.write(target, contentOf('new'), { owner: user, mode: 0o640 });
      expect(readFileSync(target, 'utf8')).toBe('new');
      expect(statSync(target).mode & 0o777).toBe(0o640);
      expect(await asRoot.look([{ path: target }])).toMatchObject([{ stat: { owner: user, kind: 'file' } }]);
      expect(await asRoot.fetch(target, async () => undefined)).toBe(contentOf('new').sha256);
    } finally {
      await transport.close();
    }
  });

  it('does not take a file over from its owner in passing', async () => {
    const user = users.add();
    const folder = temporaryFolder('open', base);
    chmodSync(folder, 0o777);
    const target = join(folder, 'app.conf');
    writeFileSync(target, 'old', { mode: 0o644 });
    const transport = sshd.transport();
    try {
      const files = new TransportFiles(transport).on(sshd.host({ user }), { become: false });
      expect(await failure(files.write(target, contentOf('new')))).toMatchObject({
        code: 'file.owner',
        message: expect.stringContaining('could not keep the owner') as string,
      });
      expect(readFileSync(target, 'utf8')).toBe('old');
      expect(readdirSync(folder)).toEqual(['app.conf']);
    } finally {
      await transport.close();
    }
  });
});

it('no file is written by way of a /tmp', async () => {
  const folder = temporaryFolder('no-tmp', base);
  const shell = new OtherShell('/bin/bash --posix', '/usr/bin:/bin; TMPDIR=/nowhere; export TMPDIR');
  const files = new TransportFiles(shell).on(thisMachine, { become: false });
  await files.write(join(folder, 'a'), contentOf('x'));
  expect(existsSync(join(folder, 'a'))).toBe(true);
});
