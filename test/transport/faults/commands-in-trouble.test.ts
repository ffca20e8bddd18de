import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../../src/ports/transport.js';
import type { SshTransport } from '../../../src/transport/ssh/ssh-transport.js';
import { describeUnless } from '../../describe-unless.js';
import { isRunning } from '../../stages/processes.js';
import { describeWithSshd, noSshd, Sshd, until } from '../../stages/sshd.js';

describeWithSshd('a command in trouble', () => {
  let sshd: Sshd;
  let transport: SshTransport;
  let connection: Connection;
  beforeAll(async () => {
    sshd = await Sshd.start();
    transport = sshd.transport();
    connection = await transport.connect(sshd.host());
  });
  afterAll(async () => {
    await transport.close();
    await sshd.stop();
  });

  test('that is killed tells by which signal, as far as SSH has a word for it', async () => {
    // RFC 4254, 6.10. What has no word there comes as sshd says it.
    for (const name of [
      'ABRT',
      'ALRM',
      'FPE',
      'HUP',
      'INT',
      'KILL',
      'PIPE',
      'QUIT',
      'SEGV',
      'TERM',
      'USR1',
      'USR2',
    ]) {
      const { outcome } = await connection.run({ script: `ulimit -c 0; kill -${name} $$; sleep 5` });
      expect(outcome).toEqual({ kind: 'signalled', signal: `SIG${name}` });
    }
    const { outcome } = await connection.run({ script: 'ulimit -c 0; kill -XCPU $$; sleep 5' });
    expect(outcome.kind).toBe('signalled');
  });

  test('that closes its output early still tells how it ends', async () => {
    const result = await connection.run({ script: 'echo out; exec >&- 2>&-; sleep 0.3; exit 6' });

    expect(result).toMatchObject({ outcome: { kind: 'exited', code: 6 }, stdout: 'out\n' });
  });

  test('that closes its input early is not waited for by the rest of it', async () => {
    const result = await connection.run({ argv: ['true'] }, { stdin: new Uint8Array(20_000_000) });

    expect(result.outcome).toEqual({ kind: 'exited', code: 0 });
  });

  test('whose output is not read holds up no other command, and ends when it is let go', async () => {
    const pidFile = join(sshd.folder, 'unread');
    const stream = await connection.stream(['sh', '-c', `echo $$ > ${pidFile}; exec yes`]);
    stream.pause();
    await until('it runs', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
    const pid = readFileSync(pidFile, 'utf8').trim();

    const others = await Promise.all(
      Array.from({ length: 20 }, (_, index) => connection.run({ argv: ['echo', String(index)] })),
    );
    expect(others.map(({ stdout }) => stdout.trim())).toEqual(
      Array.from({ length: 20 }, (_, index) => String(index)),
    );
    expect(isRunning(pid)).toBe(true);

    stream.destroy();
    await until('it has ended', () => !isRunning(pid));
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`whose sshd gets ${signal} has an unknown end, and the next command finds its way`, async () => {
      const own = await Sshd.start();
      const reach = own.transport();
      try {
        const first = await reach.connect(own.host());
        const running = first.run({ argv: ['sleep', '62'] });
        await until('the session began', () => /Starting session/.test(own.output));

        own.killSessions(signal);

        expect((await running).outcome).toMatchObject({ kind: 'unknown' });
        const again = await reach.connect(own.host());
        expect(await again.run({ argv: ['echo', 'here'] })).toMatchObject({ stdout: 'here\n' });
      } finally {
        await reach.close();
        await own.stop();
      }
    });
  }

  test('comes to a server that was restarted meanwhile as to any other', async () => {
    const own = await Sshd.start();
    const reach = own.transport();
    const first = await reach.connect(own.host());
    own.killSessions();
    await own.stopListening();
    await until('the loss is noticed', () => !first.alive);
    await expect(reach.connect(own.host())).rejects.toMatchObject({ code: 'ssh.unreachable' });
    const next = await Sshd.start({ successorOf: own });
    try {
      const again = await reach.connect(next.host());

      expect(await again.run({ argv: ['echo', 'here'] })).toMatchObject({ stdout: 'here\n' });
    } finally {
      await reach.close();
      await next.stop();
    }
  });

  test('is answered by what the server is forced to run, and that is not taken for its own success', async () => {
    const own = await Sshd.start({ config: ['ForceCommand echo "only backups here"; exit 9'] });
    const reach = own.transport();
    try {
      const forced = await reach.connect(own.host());
      await expect(forced.run({ argv: ['true'] })).rejects.toMatchObject({
        code: 'ssh.runs_no_commands',
        message: expect.stringContaining('It says: only backups here') as unknown,
      });
      const stream = await forced.stream(['cat']);
      await expect(stream.toArray()).rejects.toMatchObject({
        code: 'command.ended',
        message: expect.stringContaining('only backups here') as unknown,
      });
    } finally {
      await reach.close();
      await own.stop();
    }
  });

  test('of a long transfer is not disturbed by new keys all the while', async () => {
    const own = await Sshd.start({ config: ['RekeyLimit 1M', 'LogLevel DEBUG1'] });
    const reach = own.transport();
    try {
      const busy = await reach.connect(own.host());
      const keys = (): number => own.output.match(/SSH2_MSG_KEXINIT received/g)?.length ?? 0;
      const before = keys();

      const down = await busy.run({
        script: 'head -c 20000000 /dev/zero | tr "\\0" x | tee /dev/stderr | wc -c >&2',
      });
      const up = await busy.run({ argv: ['wc', '-c'] }, { stdin: new Uint8Array(20_000_000) });

      expect(down.outcome).toEqual({ kind: 'exited', code: 0 });
      expect(up.stdout.trim()).toBe('20000000');
      expect(keys() - before).toBeGreaterThan(10);
      expect(busy.alive).toBe(true);
    } finally {
      await reach.close();
      await own.stop();
    }
  });
});

const noRoot = process.getuid?.() === 0 ? undefined : 'mounting a small disk needs root';
describeUnless(noSshd ?? noRoot, 'a disk that is full', () => {
  test('keeps no command from running, and a step runs once', async () => {
    const full = join('/var/tmp', `adfpush-full-${process.pid}`);
    mkdirSync(full);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'adfpush-test', full]);
    let sshd: Sshd | undefined;
    let transport: SshTransport | undefined;
    try {
      sshd = await Sshd.start({ environment: { HOME: full } });
      transport = sshd.transport();
      execFileSync('sh', ['-c', `head -c 200000 /dev/zero > ${full}/all 2>/dev/null || true`]);
      const connection = await transport.connect(sshd.host());
      const marker = join(sshd.folder, 'marker');

      const plain = await connection.run({ argv: ['echo', 'here'] });
      const written = await connection.run({ script: `echo x > ${full}/more && exit 0; exit 8` });
      const step = await connection.run(
        { script: `echo began >> ${marker}; exit 3` },
        { step: { run: `${process.pid}-${sshd.port}`, id: 'one' } },
      );

      expect(plain).toMatchObject({ outcome: { kind: 'exited', code: 0 }, stdout: 'here\n' });
      expect(written.outcome).toEqual({ kind: 'exited', code: 8 });
      expect(written.stderr).toMatch(/I\/O error|No space left/);
      expect(step.outcome).toEqual({ kind: 'exited', code: 3 });
      // A disk beside it may have room for the record.
      expect(['kept', 'none']).toContain(step.record);
      expect(readFileSync(marker, 'utf8')).toBe('began\n');
    } finally {
      await transport?.close();
      await sshd?.stop();
      execFileSync('umount', ['--lazy', full]);
      execFileSync('rmdir', [full]);
    }
  });
});
