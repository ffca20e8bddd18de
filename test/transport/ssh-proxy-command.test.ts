import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../../src/model/host.js';
import { ProxyCommand } from '../../src/transport/ssh/proxy-command.js';
import { containing, matching } from '../stages/matching.js';
import { isRunning } from '../stages/processes.js';
import { describeWithSshd, Sshd, until } from '../stages/sshd.js';
import { systemClock } from '../stages/system-clock.js';

describeWithSshd('a ProxyCommand', () => {
  let sshd: Sshd;
  let relay: string;
  let pids: string;
  beforeAll(async () => {
    sshd = await Sshd.start();
    // What nc does, which is not everywhere.
    relay = join(sshd.folder, 'relay.cjs');
    pids = join(sshd.folder, 'pids');
    writeFileSync(
      relay,
      `require('fs').appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n');
       process.on('SIGHUP', () => {});
       const socket = require('net').connect(Number(process.argv[3]), process.argv[2]);
       process.stdin.pipe(socket).pipe(process.stdout);
       socket.on('close', () => process.exit(0));`,
    );
  });
  afterAll(() => sshd.stop());

  const through = (proxyCommand: string): Host => sshd.host({ proxyCommand });
  const node = (): string => `'${process.execPath}' '${relay}'`;
  const relays = (): number[] => readFileSync(pids, 'utf8').trim().split('\n').map(Number);

  test('is the connection, its tokens filled in, and nothing of it is left after the end', async () => {
    const transport = sshd.transport();
    // As for AWS Session Manager: a shell of its own, with quotes, and a program below it.
    const connection = await transport.connect(through(`sh -c "${node()} %h %p; true"`));

    expect((await connection.run({ argv: ['echo', 'through'] })).stdout).toBe('through\n');
    const [pid = 0] = relays().slice(-1);
    expect(isRunning(pid)).toBe(true);
    await transport.close();

    expect(isRunning(pid)).toBe(false);
  });

  test('brings 30 MB whole', async () => {
    const transport = sshd.transport();
    const connection = await transport.connect(through(`${node()} %h %p`));

    const sum = await connection.run(
      { script: 'head -c 30000000 /dev/zero | tr "\\0" x' },
      { toStdout: count() },
    );
    await transport.close();

    expect(sum.outcome).toEqual({ kind: 'exited', code: 0 });
    expect(counted).toBe(30_000_000);
  });
  let counted = 0;
  const count = (): ((chunk: Uint8Array) => void) => {
    counted = 0;
    return (chunk) => void (counted += chunk.length);
  };

  test('that fails is told of, with its last words, and not tried again', async () => {
    const transport = sshd.transport();
    const mark = join(sshd.folder, 'tries');

    const error: unknown = await transport
      .connect(through(`sh -c 'echo x >> ${mark}; echo An error occurred: TargetNotConnected >&2; exit 254'`))
      .catch((thrown: unknown) => thrown);
    await transport.close();

    expect(error).toMatchObject({
      code: 'ssh.proxy_command',
      message: matching(/sh -c .* ended with exit code 254: An error occurred: TargetNotConnected/s),
      hint: containing('by hand'),
    });
    expect(readFileSync(mark, 'utf8')).toBe('x\n');
  });

  test('that is no program at all is told of', async () => {
    const transport = sshd.transport();

    await expect(transport.connect(through('/nowhere/program %h'))).rejects.toMatchObject({
      code: 'ssh.proxy_command',
      message: matching(/exit code 12[67]/),
    });
    await transport.close();
  });

  test('that says nothing is given up in time, and ended', async () => {
    const transport = sshd.transport();
    const file = join(sshd.folder, 'silent');
    const silent = sshd.host({
      proxyCommand: `sh -c 'echo $$ > ${file}; exec sleep 600'`,
      connectTimeout: 500,
    });

    await expect(transport.connect(silent)).rejects.toMatchObject({
      code: 'ssh.unreachable',
      message: matching(/no answer within 0.5 s/),
    });
    const pid = Number(readFileSync(file, 'utf8'));
    await until('it was ended', () => !isRunning(pid));
    await transport.close();
  });

  test('that dies takes its connection along, which says why, and the next who asks gets a new one', async () => {
    const transport = sshd.transport();
    const host = through(`${node()} %h %p`);
    const connection = await transport.connect(host);
    const running = connection.run({ argv: ['sleep', '60'] });
    const [pid = 0] = relays().slice(-1);

    process.kill(pid, 'SIGKILL');

    expect((await running).outcome).toMatchObject({
      kind: 'unknown',
      reason: containing('ended by SIGKILL'),
    });
    const again = await transport.connect(host);
    expect((await again.run({ argv: ['echo', 'again'] })).stdout).toBe('again\n');
    await transport.close();
  });

  test('is ended with all it started, even what heeds no SIGTERM', async () => {
    const file = join(sshd.folder, 'stubborn');
    const command = new ProxyCommand(
      sshd.host(),
      `sh -c 'trap "" TERM; (trap "" TERM; sleep 600) & echo $! $$ > ${file}.new; mv ${file}.new ${file}; while :; do sleep 600; done'`,
      systemClock,
    );
    await until('it began', () => readable(file));

    command.stream.destroy();
    await command.ended;

    const left = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    expect(left).toHaveLength(2);
    await until('both are gone', () => left.every((pid) => !isRunning(pid)));
  });

  test('leads a session of its own, out of reach of a terminal', async () => {
    const file = join(sshd.folder, 'session');
    const command = new ProxyCommand(
      sshd.host(),
      `sh -c 'cut -d" " -f1,5,6 /proc/$$/stat > ${file}.new; mv ${file}.new ${file}; sleep 600'`,
      systemClock,
    );
    await until('it began', () => readable(file));
    command.stream.destroy();
    await command.ended;

    const [pid, group, session] = readFileSync(file, 'utf8').trim().split(/\s+/).map(Number);
    expect([group, session]).toEqual([pid, pid]);
  });

  test('has no token that ssh does not know, and no name that its shell would take apart', async () => {
    const transport = sshd.transport();

    await expect(transport.connect(through('nc %z'))).rejects.toMatchObject({
      code: 'ssh.config',
      message: containing('"%z"'),
    });
    const evil: Host = { ...through('nc %h %p'), address: '$(touch x)' };
    await expect(transport.connect(evil)).rejects.toMatchObject({ code: 'ssh.unsafe_name' });
    await transport.close();
  });
});

function readable(file: string): boolean {
  try {
    return readFileSync(file).length > 0;
  } catch {
    return false;
  }
}
