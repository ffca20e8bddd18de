import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection, RunOptions } from '../../src/ports/transport.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { Sshd } from '../stages/sshd.js';
import { describeWithUsers, openToAllUsers, TestUsers } from '../stages/test-users.js';
import { hostileValues, Tripwire } from './hostile-values.js';

const shells = ['/bin/sh', '/usr/bin/bash', '/usr/bin/zsh', '/usr/bin/fish', '/usr/bin/csh'];
const perShell = 2_400;
const seed = 20_261_121;

describeWithUsers(shells, 'values through a login shell', () => {
  const tripwire = new Tripwire();
  let sshd: Sshd;
  let users: TestUsers;
  let transport: SshTransport;
  beforeAll(async () => {
    sshd = await Sshd.start();
    openToAllUsers(sshd);
    users = new TestUsers();
    transport = sshd.transport();
  });
  afterAll(async () => {
    await transport.close();
    await sshd.stop();
    users.remove();
  });

  /** What a command writes, as bytes. */
  async function bytesOf(
    connection: Connection,
    argv: readonly string[],
    options: RunOptions = {},
  ): Promise<string[]> {
    const chunks: Uint8Array[] = [];
    const toStdout = (chunk: Uint8Array): void => void chunks.push(Buffer.from(chunk));
    const { outcome, stderr } = await connection.run({ argv }, { ...options, toStdout });
    expect({ outcome, stderr }).toEqual({ outcome: { kind: 'exited', code: 0 }, stderr: '' });
    return Buffer.concat(chunks).toString().split('\0').slice(0, -1);
  }
  const inBatches = (values: readonly string[], size: number): string[][] =>
    Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
      values.slice(index * size, (index + 1) * size),
    );

  test.each(shells)('arrive byte for byte and execute nothing under %s', async (shell) => {
    const user = users.add({ shell });
    const connection = await transport.connect(sshd.host({ user }));
    const values = hostileValues(perShell, tripwire, seed + shells.indexOf(shell));
    const [plain, alone, rest] = [values.slice(0, 1_200), values.slice(0, 40), values.slice(1_200)];

    // Few at once, so that they are sent in every way; each of some alone, where nothing beside it decides the way.
    for (const batch of [...inBatches(plain, 40), ...alone.map((value) => [value])]) {
      expect(await bytesOf(connection, ['printf', '%s\\0', ...batch])).toEqual(batch);
    }
    for (const batch of inBatches(rest.slice(0, 400), 40)) {
      expect(await bytesOf(connection, ['printf', '%s\\0', ...batch], { stdin: 'input' })).toEqual(batch);
    }
    for (const [index, batch] of inBatches(rest.slice(0, 200), 5).entries()) {
      const step = { run: `injection-${process.pid}`, id: `${index}${batch.join()}` };
      expect(await bytesOf(connection, ['printf', '%s\\0', ...batch], { step })).toEqual(batch);
    }
    for (const batch of inBatches(rest.slice(400, 800), 100)) {
      const env = Object.fromEntries(batch.map((value, index) => [`V${index}`, value]));
      const set = new Set(await bytesOf(connection, ['env', '-0'], { env }));
      expect(batch.filter((value, index) => !set.has(`V${index}=${value}`))).toEqual([]);
    }
    for (const batch of inBatches(rest.slice(800), 100)) {
      const stream = await connection.stream(['printf', '%s\\0', ...batch]);
      stream.end();
      expect(Buffer.concat(await stream.toArray()).toString()).toBe(
        batch.map((value) => `${value}\0`).join(''),
      );
    }
    expect(tripwire.sprung).toEqual([]);
  });
});
