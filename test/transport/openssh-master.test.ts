import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultLimits } from '../../src/transport/ssh/limits.js';
import { PrivateFolder } from '../../src/transport/openssh/private-folder.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { runTypeScript } from '../stages/run-typescript.js';
import { byOpenSsh } from '../stages/transports.js';
import { isRunning } from '../stages/processes.js';
import { describeWithSshd, Sshd, until } from '../stages/sshd.js';

/** The masters whose sockets are in a folder: those that name it in their arguments. */
const mastersIn = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder) && isRunning(pid);
      } catch {
        return false;
      }
    });

describeWithSshd('masters', () => {
  let sshd: Sshd;
  let temporary: string;
  const before = process.env['TMPDIR'];
  beforeAll(async () => {
    sshd = await Sshd.start();
    temporary = temporaryFolder('t');
    process.env['TMPDIR'] = temporary;
  });
  afterAll(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await sshd.stop();
  });

  test('have their sockets where other users cannot look, and leave nothing when all is closed', async () => {
    const transport = byOpenSsh(sshd);
    await transport.connect(sshd.host());
    const [folder] = readdirSync(temporary);
    const path = join(temporary, folder ?? '');

    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(mastersIn(path)).toHaveLength(1);

    await transport.close();

    expect(readdirSync(temporary)).toEqual([]);
    await until('the master ended', () => mastersIn(path).length === 0);
  });

  test('are not marked as part of a build, whose end would take the connections from a deploy that puts hosts back', async () => {
    process.env['BUILD_ID'] = '7';
    process.env['JENKINS_NODE_COOKIE'] = 'cookie';
    const transport = byOpenSsh(sshd);
    try {
      await transport.connect(sshd.host());

      const [master] = mastersIn(temporary);
      const environment = readFileSync(`/proc/${master}/environ`, 'utf8');
      expect(environment).not.toMatch(/BUILD_ID|JENKINS_NODE_COOKIE/);
      expect(environment).toContain('PATH=');
    } finally {
      delete process.env['BUILD_ID'];
      delete process.env['JENKINS_NODE_COOKIE'];
      await transport.close();
    }
  });

  test('end by themselves when adfpush is killed, and its folder is removed by a later run', async () => {
    const child = runTypeScript('transport/hold-openssh.ts', [JSON.stringify(sshd.host()), sshd.folder]);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.pipe(process.stderr);
    await until('it is connected', () => said.includes('connected'), 120_000);
    const [folder] = readdirSync(temporary).filter((name) => name.startsWith('adfpush-ssh-'));
    const path = join(temporary, folder!);
    expect(mastersIn(path)).toHaveLength(1);

    child.kill('SIGKILL');
    await until('its master ended', () => mastersIn(path).length === 0, 120_000);

    expect(existsSync(path)).toBe(true);
    const anHourAgo = Date.now() / 1_000 - 3_600;
    utimesSync(path, anHourAgo, anHourAgo);
    const next = await PrivateFolder.make([temporary], Date.now());
    expect(existsSync(path)).toBe(false);
    await next.remove();
  });

  test('hold on while adfpush holds on to them, however long nothing is asked of them', async () => {
    const transport = byOpenSsh(sshd, { persist: 1 });
    try {
      const connection = await transport.connect(sshd.host());
      const masters = mastersIn(temporary);
      const until3s = performance.now() + 3_000;
      await until('three of its lives have passed', () => performance.now() > until3s);

      expect(mastersIn(temporary)).toEqual(masters);
      expect((await connection.run({ argv: ['true'] })).outcome).toEqual({ kind: 'exited', code: 0 });
    } finally {
      await transport.close();
    }
  });

  test('that are killed are noticed: what was under way is unknown, and the next who asks gets a new one', async () => {
    const transport = byOpenSsh(sshd);
    try {
      const connection = await transport.connect(sshd.host());
      const file = join(sshd.folder, 'began');
      const running = connection.run({ script: `touch ${file}; sleep 30` });
      await until('the command began', () => existsSync(file));
      for (const pid of mastersIn(temporary)) process.kill(Number(pid), 'SIGKILL');

      expect((await running).outcome.kind).toBe('unknown');
      expect(connection.alive).toBe(false);
      const again = await transport.connect(sshd.host());
      expect((await again.run({ argv: ['true'] })).outcome).toEqual({ kind: 'exited', code: 0 });
    } finally {
      await transport.close();
    }
  });

  test('tell why they lost a host', async () => {
    const own = await Sshd.start();
    const transport = byOpenSsh(own, {
      limits: { ...defaultLimits, keepaliveInterval: 1_000, keepaliveCountMax: 1 },
    });
    try {
      const connection = await transport.connect(own.host());
      const running = connection.run({ argv: ['sleep', '30'] });
      await until('the session began', () => /Starting session/.test(own.output));
      own.killSessions('SIGSTOP');

      expect((await running).outcome).toMatchObject({
        kind: 'unknown',
        reason: expect.stringMatching(/not responding/) as unknown,
      });
    } finally {
      await transport.close();
      own.killSessions('SIGCONT');
      await own.stop();
    }
  });

  test('are replaced when they had to refuse so often that they would fail soon', async () => {
    const closed = await Sshd.start({ config: ['AllowTcpForwarding no'] });
    const transport = byOpenSsh(closed);
    try {
      const worn = await transport.connect(closed.host());
      for (let round = 0; round < 100; round += 1) {
        const asked = Array.from({ length: 50 }, () =>
          worn.forward({ address: '127.0.0.1', port: 1 }).catch(() => undefined),
        );
        await Promise.all(asked);
      }
      const fresh = await transport.connect(closed.host());

      expect(fresh).not.toBe(worn);
      for (const one of [worn, fresh])
        expect((await one.run({ argv: ['true'] })).outcome).toEqual({ kind: 'exited', code: 0 });
    } finally {
      await transport.close();
      await closed.stop();
    }
  });
});

test('folders that runs left behind are removed only when their run, and its masters, are gone for sure', async () => {
  const parent = temporaryFolder('leftovers');
  const dead = spawn('true');
  await new Promise((resolve) => dead.once('exit', resolve));
  const make = (name: string, secondsAgo: number): string => {
    const path = join(parent, name);
    mkdirSync(path);
    writeFileSync(join(path, '1.c'), '');
    const when = Date.now() / 1_000 - secondsAgo;
    utimesSync(path, when, when);
    return path;
  };
  const old = make(`adfpush-ssh-${dead.pid}-aaaaaa`, 3_600);
  const young = make(`adfpush-ssh-${dead.pid}-bbbbbb`, 5);
  const alive = make(`adfpush-ssh-${process.pid}-cccccc`, 3_600);
  const foreign = make('somebody-else', 3_600);

  const folder = await PrivateFolder.make([parent], Date.now());

  expect([old, young, alive, foreign].map((path) => existsSync(path))).toEqual([false, true, true, true]);
  await folder.remove();
});

test('sockets go where their paths are short enough', async () => {
  const long = join(tmpdir(), 'x'.repeat(80));
  const folder = await PrivateFolder.make([long, tmpdir()], Date.now());

  expect(dirname(folder.path)).toBe(tmpdir());
  expect(Buffer.byteLength(folder.next().socket)).toBeLessThan(87);
  await folder.remove();
});
