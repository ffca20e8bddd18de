import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../../src/ports/transport.js';
import type { SshTransport } from '../../../src/transport/ssh/ssh-transport.js';
import { containing } from '../../stages/matching.js';
import { isRunning } from '../../stages/processes.js';
import { Sshd, until } from '../../stages/sshd.js';
import { describeWithUsers, openToAllUsers, TestUsers } from '../../stages/test-users.js';

const shells = ['/bin/sh', '/bin/bash', '/usr/bin/zsh', '/usr/bin/fish', '/usr/bin/csh'];

describeWithUsers([...shells, '/usr/sbin/nologin'], 'login shells', () => {
  let sshd: Sshd;
  let users: TestUsers;
  let transport: SshTransport;
  beforeAll(async () => {
    sshd = await Sshd.start();
    // Each user has a home of its own, with start-up files.
    const [, ...key] = readFileSync(join(sshd.folder, 'authorized_keys'), 'utf8').split(' ssh-');
    writeFileSync(join(sshd.folder, 'authorized_keys'), `ssh-${key.join(' ssh-')}`);
    openToAllUsers(sshd);
    users = new TestUsers();
    transport = sshd.transport();
  });
  afterAll(async () => {
    await transport.close();
    await sshd.stop();
    users.remove();
  });
  const loginAs = (user: string): Promise<Connection> => transport.connect(sshd.host({ user }));

  for (const shell of shells) {
    test(`${shell}: output, exit codes, signals, scripts, streams and timeouts are as everywhere`, async () => {
      const user = users.add({ shell });
      const connection = await loginAs(user);
      const pids = `/home/${user}/pids`;

      const plain = await connection.run({ argv: ['sh', '-c', 'echo out; echo err >&2; exit 3'] });
      const odd = await connection.run(
        { argv: ['printf', '%s', `it's "odd" $HOME \\ * !x ä\n`] },
        { env: { A: 'b c' } },
      );
      const killed = await connection.run({ script: 'kill -KILL $$' });
      const stdin = await connection.run(
        { script: 'cat; echo "$A"' },
        { stdin: 'given\n', env: { A: 'b c' } },
      );
      const stream = await connection.stream(['cat']);
      stream.end('there and back');
      const late = await connection.run(
        { script: `sleep 67 & echo "$$ $!" > ${pids}; wait` },
        { timeout: 700 },
      );

      expect(plain).toMatchObject({ outcome: { kind: 'exited', code: 3 }, stdout: 'out\n', stderr: 'err\n' });
      expect(odd.stdout).toBe(`it's "odd" $HOME \\ * !x ä\n`);
      expect(killed.outcome).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
      expect(stdin.stdout).toBe('given\nb c\n');
      expect(Buffer.concat(await stream.toArray()).toString()).toBe('there and back');
      expect(late.outcome).toEqual({ kind: 'timed_out' });
      for (const pid of readFileSync(pids, 'utf8').trim().split(' ')) {
        await until(`${pid} has ended`, () => !isRunning(pid));
      }
    });
  }

  test('one that refuses all logins says so for each command, and no step is taken for done', async () => {
    const connection = await loginAs(users.add({ shell: '/usr/sbin/nologin' }));

    for (const options of [{}, { step: { run: 'r', id: 's' } }]) {
      await expect(connection.run({ argv: ['true'] }, options)).rejects.toMatchObject({
        code: 'ssh.runs_no_commands',
        message: containing('not available'),
      });
    }
    const stream = await connection.stream(['cat']);
    await expect(stream.toArray()).rejects.toMatchObject({
      code: 'command.ended',
      message: containing('not available'),
    });
  });

  test('one that prints at its start prints before each command, and spoils neither outcomes nor steps', async () => {
    const user = users.add({ shell: '/bin/bash' });
    const before = readFileSync(`/home/${user}/.bashrc`, 'utf8');
    writeFileSync(`/home/${user}/.bashrc`, `echo welcome to the host\necho "mind the gap" >&2\n${before}`);
    const connection = await loginAs(user);

    const result = await connection.run({ argv: ['sh', '-c', 'echo out; exit 4'] });
    const late = await connection.run({ argv: ['sleep', '68'] }, { timeout: 700 });

    expect(result.outcome).toEqual({ kind: 'exited', code: 4 });
    expect(result.stdout).toBe('welcome to the host\nout\n');
    expect(result.stderr).toBe('mind the gap\n');
    expect(late.outcome).toEqual({ kind: 'timed_out' });
    // No word of it gets into a protocol.
    const stream = await connection.stream(['cat']);
    stream.end('GET / HTTP/1.1');
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('GET / HTTP/1.1');
    const marker = join(`/home/${user}`, 'marker');
    const step = { run: 'r1', id: 'k1' };
    const once = await connection.run({ script: `echo x >> ${marker}; exit 5` }, { step });
    expect(once.outcome).toEqual({ kind: 'exited', code: 5 });
    expect(readFileSync(marker, 'utf8')).toBe('x\n');
  });
});
