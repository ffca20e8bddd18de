import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { Connection, RemoteCommand, RunOptions } from '../../src/ports/transport.js';
import { BecomePassword } from '../../src/transport/become-password.js';
import { TransportFiles } from '../../src/transport/host-files/transport-files.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { isRunning } from '../stages/processes.js';
import { Sshd } from '../stages/sshd.js';
import { describeWithUsers, openToAllUsers, TestUsers } from '../stages/test-users.js';

const password = 'the password';

describeWithUsers(['/usr/bin/sudo'], 'become_user', () => {
  let sshd: Sshd;
  let users: TestUsers;
  let transport: SshTransport;
  /** One whom sudo lets be others without a password, and one whom it asks; and the other user. */
  const names = {} as Record<'free' | 'asked' | 'app', string>;

  beforeAll(async () => {
    sshd = await Sshd.start();
    openToAllUsers(sshd);
    users = new TestUsers();
    names.app = users.add();
    // Not even root's rights are needed.
    names.free = users.add({ sudoers: [`USER ALL=(${names.app}) NOPASSWD: ALL`] });
    names.asked = users.add({
      password,
      sudoers: ['USER ALL=(ALL:ALL) ALL', 'Defaults:USER timestamp_timeout=0'],
    });
    // A home as careful users have it: nobody else may even look into it.
    for (const user of [names.free, names.asked]) chmodSync(`/home/${user}`, 0o700);
    transport = sshd.transport({ becomePassword: new BecomePassword(new Secret(password)) });
  });
  afterAll(async () => {
    await transport.close();
    await sshd.stop();
    users.remove();
  });

  const hostOf = (user: string) => sshd.host({ user }, { id: `i-${user}` as never, name: user });
  const connect = (user: string): Promise<Connection> => transport.connect(hostOf(user));
  const asApp = (connection: Connection, command: RemoteCommand, options: RunOptions = {}) =>
    connection.run(command, { become: true, becomeUser: names.app, timeout: 60_000, ...options });

  test.each(['free', 'asked'] as const)(
    'makes commands of "%s" those of the other user, at home there, with stdin and variables their own',
    async (kind) => {
      const connection = await connect(names[kind]);
      const script = 'id -un; echo "$HOME"; pwd; echo "$TOKEN"; cat; find . -maxdepth 0; exit 3';
      const options = { stdin: 'input\n', env: { TOKEN: 'a b' } };
      const home = `/home/${names.app}`;
      const expected = {
        outcome: { kind: 'exited', code: 3 },
        stdout: `${names.app}\n${home}\n${home}\na b\ninput\n.\n`,
        stderr: '',
      };

      expect(await asApp(connection, { script }, options)).toMatchObject(expected);
      const step = { run: `run-${kind}-${process.pid}`, id: '1' };
      expect(await asApp(connection, { script }, { ...options, step })).toMatchObject(expected);
      expect((await connection.recordOf(step)).state).toBe('ended');
      const argv = ['sh', '-c', script];
      expect(await asApp(connection, { argv }, options)).toMatchObject(expected);
    },
  );

  test('writes files as that user', async () => {
    const path = `/tmp/adfpush-become-user-${process.pid}`;
    const bytes = Buffer.from('content\n');
    const content = {
      open: () => bytes,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
    const access = { become: true, becomeUser: names.app };
    await new TransportFiles(transport).on(hostOf(names.free), access).write(path, content);

    expect(readFileSync(path, 'utf8')).toBe('content\n');
    expect(execFileSync('stat', ['-c', '%U', path]).toString()).toBe(`${names.app}\n`);
    rmSync(path);
  });

  test.each([undefined, { run: `run-late-${process.pid}`, id: '1' }])(
    'ends a command that runs out of time, with what it started (step: %o)',
    async (step) => {
      const script = 'sleep 67 & echo "$$ $!"; wait';
      const options = { timeout: 3_000, ...(step === undefined ? {} : { step }) };
      const result = await asApp(await connect(names.free), { script }, options);

      expect(result.outcome).toEqual({ kind: 'timed_out' });
      expect(result.stdout).toMatch(/^\d+ \d+\n$/);
      for (const pid of result.stdout.trim().split(' ')) expect(isRunning(pid)).toBe(false);
    },
  );

  test('that is not there fails with what to do', async () => {
    const options = { become: true, becomeUser: 'nobody-of-this-name' };
    const result = await (await connect(names.asked)).run({ argv: ['id'] }, options);

    expect(result.stderr).toContain('there is no user nobody-of-this-name on');
  });
});
