import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { CommandResult, Connection, RemoteCommand, RunOptions } from '../../src/ports/transport.js';
import { BecomePassword } from '../../src/transport/become-password.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { isRunning } from '../stages/processes.js';
import { Sshd, until } from '../stages/sshd.js';
import { describeWithUsers, openToAllUsers, TestUsers } from '../stages/test-users.js';

const password = `pass'word "of $HOME\\ ü`;

const shells = ['bash', 'zsh', 'fish', 'csh'];
const programs = ['sudo', ...shells].map((program) => `/usr/bin/${program}`);

describeWithUsers(programs, 'a password for become', () => {
  const transports: SshTransport[] = [];
  let sshd: Sshd;
  let users: TestUsers;
  const names = {} as Record<'asked' | 'never' | 'always' | 'free' | 'stranger' | 'tty' | 'other', string>;

  beforeAll(async () => {
    sshd = await Sshd.start();
    openToAllUsers(sshd);
    users = new TestUsers();
    names.asked = users.add({ password, sudoers: ['USER ALL=(ALL:ALL) ALL'] });
    names.never = users.add({
      password,
      sudoers: ['USER ALL=(ALL:ALL) ALL', 'Defaults:USER timestamp_timeout=0'],
    });
    names.always = users.add({
      password,
      sudoers: ['USER ALL=(ALL:ALL) ALL', 'Defaults:USER timestamp_timeout=-1, timestamp_type=global'],
    });
    names.free = users.add({ password, sudoers: ['USER ALL=(ALL:ALL) NOPASSWD: ALL'] });
    names.stranger = users.add({ password });
    names.tty = users.add({ password, sudoers: ['USER ALL=(ALL:ALL) ALL', 'Defaults:USER requiretty'] });
    names.other = users.add({ password: 'another one', sudoers: ['USER ALL=(ALL:ALL) ALL'] });
  });
  afterAll(async () => {
    await Promise.all(transports.map(async (transport) => transport.close()));
    await sshd.stop();
    users.remove();
  });

  /** Connections that share one password, as those of a run do. */
  function run(given: string | null = password): (user: string, host?: string) => Promise<Connection> {
    const transport = sshd.transport(
      given === null ? {} : { becomePassword: new BecomePassword(new Secret(given)) },
    );
    transports.push(transport);
    return async (user, host = user) =>
      transport.connect(sshd.host({ user }, { id: `i-${host}` as never, name: host }));
  }
  const asRoot = (
    connection: Connection,
    command: RemoteCommand,
    options: RunOptions = {},
  ): Promise<CommandResult> => connection.run(command, { become: true, timeout: 60_000, ...options });
  const ok = { kind: 'exited', code: 0 };

  test.each(['asked', 'never', 'always', 'free'] as const)(
    'makes commands of a user that sudo treats as "%s" root\'s, with stdin, variables and output their own',
    async (kind) => {
      const connection = await run()(names[kind]);
      const input = 'line 1\nline 2 without an end';
      // Twice: the second time sudo may remember, and ask for nothing.
      for (const _ of [1, 2]) {
        expect(await asRoot(connection, { argv: ['id', '-u'] })).toMatchObject({
          outcome: ok,
          stdout: '0\n',
          stderr: '',
        });
        expect(await asRoot(connection, { argv: ['cat'] }, { stdin: input })).toMatchObject({
          outcome: ok,
          stdout: input,
          stderr: '',
        });
        expect(
          await asRoot(
            connection,
            { script: 'cat; echo "$TOKEN" >&2; exit 3' },
            { stdin: input, env: { TOKEN: 'a b' } },
          ),
        ).toMatchObject({ outcome: { kind: 'exited', code: 3 }, stdout: input, stderr: 'a b\n' });
        const step = { run: `run-${kind}-${process.pid}-${Math.random()}`, id: '1' };
        expect(await asRoot(connection, { argv: ['cat'] }, { stdin: input, step })).toMatchObject({
          outcome: ok,
          stdout: input,
          stderr: '',
        });
        expect(await asRoot(connection, { script: 'cat; id -u' })).toMatchObject({
          stdout: '0\n',
          stderr: '',
        });
      }
    },
  );

  test('is in no argument and no variable of any process while the command runs', async () => {
    const connection = await run()(names.never);
    const script = `for process in /proc/[0-9]*; do tr '\\0' '\\n' <$process/cmdline; tr '\\0' '\\n' <$process/environ; done 2>/dev/null`;
    const result = await asRoot(connection, { script });

    expect(result.stdout).toContain('sudo');
    // The test's own process holds it, in its memory only.
    expect(result.stdout).not.toContain(password);
  });

  test('lets a stream through sudo, in both directions', async () => {
    const connection = await run()(names.never);
    const stream = await connection.stream(['sh', '-c', 'id -u; cat'], { become: true });
    stream.end('through a program');

    expect(Buffer.concat(await stream.toArray()).toString()).toBe('0\nthrough a program');
  });

  test('ends a command that runs out of time, with what it started', async () => {
    const connection = await run()(names.never);
    const script = 'sleep 67 & echo "$$ $!"; wait';
    const result = await asRoot(connection, { script }, { timeout: 3_000 });

    expect(result.outcome).toEqual({ kind: 'timed_out' });
    expect(result.stdout).toMatch(/^\d+ \d+\n$/);
    for (const pid of result.stdout.trim().split(' ')) expect(isRunning(pid)).toBe(false);
  });

  test.each(['never', 'free'] as const)('starts a job of a user that sudo treats as "%s"', async (kind) => {
    const connection = await run()(names[kind]);
    const step = { run: `run-${kind}-${process.pid}-${Math.random()}`, id: 'job' };
    const script = 'cat; id -u; echo done >&2; exit 3';
    const begun = await asRoot(connection, { script }, { stdin: 'input ', step, detach: 60_000 });
    await until('the job ended', async () => (await connection.recordOf(step)).state === 'ended');

    expect(begun).toMatchObject({ outcome: ok, record: 'kept' });
    expect(await connection.recordOf(step)).toEqual({
      state: 'ended',
      outcome: { kind: 'exited', code: 3 },
      stdout: 'input 0\n',
      stderr: 'done\n',
    });
  });

  test.each(shells)('works under the login shell %s', async (shell) => {
    const user = users.add({
      password,
      shell: `/usr/bin/${shell}`,
      sudoers: ['USER ALL=(ALL:ALL) ALL', 'Defaults:USER timestamp_timeout=0'],
    });
    const connection = await run()(user);

    expect(await asRoot(connection, { argv: ['cat'] }, { stdin: 'input' })).toMatchObject({
      outcome: ok,
      stdout: 'input',
    });
  });

  test('that is wrong is tried once on a host, however often it would be needed, and the error says so', async () => {
    const connection = await run('not the one')(names.asked);
    const first = await asRoot(connection, { argv: ['id'] }, { stdin: 'the input of the command\n' });
    const second = await asRoot(connection, { argv: ['id'] });

    expect(first).toMatchObject({ outcome: { kind: 'exited', code: 1 }, stdout: '' });
    expect(first.stderr).toMatch(/1 incorrect password attempt/);
    expect(first.stderr).toContain(`refused the password for become. It is not tried there again`);
    expect(second.stderr).toContain('refused the password for become before, and it was not tried again');
    expect(first.stderr + second.stderr).not.toContain('not the one');
  });

  test('that two hosts refuse and none took is tried on no other of a fleet', async () => {
    const connect = run('not the one');
    const fleet = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => connect(names.never, `host-${index}`)),
    );
    const results = await Promise.all(fleet.map(async (one) => asRoot(one, { argv: ['id'] })));

    const tried = results.filter(({ stderr }) => stderr.includes('It is not tried there again'));
    const spared = results.filter(({ stderr }) => stderr.includes('two other hosts refused it'));
    expect([tried.length, spared.length]).toEqual([2, 4]);
  });

  test('that one host took is tried on all the others, and one that refuses it is the only one that fails', async () => {
    const connect = run();
    const fleet = await Promise.all([
      ...Array.from({ length: 4 }, async (_, index) => connect(names.never, `host-${index}`)),
      connect(names.other),
    ]);
    const results = await Promise.all(fleet.map(async (one) => asRoot(one, { argv: ['id', '-u'] })));

    expect(results.map(({ stdout }) => stdout)).toEqual(['0\n', '0\n', '0\n', '0\n', '']);
  });

  test.each([
    ['stranger', 'the SSH user must not use sudo on'],
    ['tty', 'insists on a terminal'],
  ] as const)('fails for a user that sudo treats as "%s" with what to do', async (kind, advice) => {
    expect((await asRoot(await run()(names[kind]), { argv: ['id'] })).stderr).toContain(advice);
  });

  test('fails where there is no sudo with what to do', async () => {
    const bare = await Sshd.start({ environment: { PATH: '/nowhere' } });
    const transport = bare.transport({ becomePassword: new BecomePassword(new Secret(password)) });
    transports.push(transport);
    const result = await asRoot(await transport.connect(bare.host()), { argv: ['id'] });
    await bare.stop();

    expect(result.stderr).toContain('there is no sudo on');
  });

  test('that is needed and was not given is asked for in the error', async () => {
    const result = await asRoot(await run(null)(names.never), { argv: ['id'] });

    expect(result.outcome).toEqual({ kind: 'exited', code: 1 });
    expect(result.stderr).toMatch(/NOPASSWD.*--ask-become-pass \(-K\).*ADFPUSH_BECOME_PASS/);
  });
});
