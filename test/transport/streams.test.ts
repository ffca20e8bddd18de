import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection, Transport } from '../../src/ports/transport.js';
import { LocalConnection } from '../../src/transport/local-connection.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { byOpenSsh } from '../stages/transports.js';
import { isRunning } from '../stages/processes.js';
import { describeWithSshd, Sshd, until } from '../stages/sshd.js';
import { systemClock } from '../stages/system-clock.js';

const mebibyte = 1024 * 1024;
const total = 50 * mebibyte;

describeWithSshd('bytes that are too many for memory', () => {
  let sshd: Sshd;
  let transport: SshTransport;
  let throughOpenSsh: Transport;
  const connections: { name: string; connection: Connection }[] = [];
  beforeAll(async () => {
    sshd = await Sshd.start();
    transport = sshd.transport();
    throughOpenSsh = byOpenSsh(sshd);
    connections.push(
      { name: 'an OpenSSH server', connection: await transport.connect(sshd.host()) },
      { name: 'a master of the same', connection: await throughOpenSsh.connect(sshd.host()) },
      { name: 'this machine', connection: new LocalConnection(sshd.host(), systemClock) },
    );
  });
  afterAll(async () => {
    await Promise.all([transport.close(), throughOpenSsh.close()]);
    await sshd.stop();
  });
  const onEach = async (test: (connection: Connection, name: string) => Promise<void>): Promise<void> => {
    await Promise.all(connections.map(({ connection, name }) => test(connection, name)));
  };

  test('go through a command and back whole, and no faster than they are taken', () =>
    onEach(async (connection, name) => {
      const sent = createHash('sha256');
      const came = createHash('sha256');
      let [given, taken, furthest] = [0, 0, 0];
      async function* pieces(): AsyncIterable<Uint8Array> {
        for (; given < total; given += mebibyte / 4) {
          await Promise.resolve();
          const piece = Buffer.alloc(mebibyte / 4, given / (mebibyte / 4));
          sent.update(piece);
          furthest = Math.max(furthest, given - taken);
          yield piece;
        }
      }

      const result = await connection.run(
        { argv: ['cat'] },
        {
          stdin: pieces(),
          toStdout: async (chunk) => {
            // Now and then the taker is slow.
            if (Math.floor(taken / mebibyte / 10) !== Math.floor((taken + chunk.length) / mebibyte / 10)) {
              await systemClock.sleep(100);
            }
            taken += chunk.length;
            came.update(chunk);
          },
        },
      );

      expect(result, name).toMatchObject({
        outcome: { kind: 'exited', code: 0 },
        stdout: '',
        truncated: false,
      });
      expect(taken).toBe(total);
      expect(came.digest('hex')).toBe(sent.digest('hex'));
      // What is under way is bounded by the windows and the pipes, not by the whole.
      expect(furthest, name).toBeLessThan(10 * mebibyte);
    }));

  test(
    'are handed on to a slow taker to the last one, though the command has long exited',
    () =>
      onEach(async (connection, name) => {
        let taken = 0;
        const result = await connection.run(
          { argv: ['head', '-c', String(mebibyte), '/dev/zero'] },
          {
            toStdout: async (chunk) => {
              if (taken === 0) await systemClock.sleep(6_500);
              taken += chunk.length;
            },
          },
        );

        expect(result.outcome, name).toEqual({ kind: 'exited', code: 0 });
        expect(taken).toBe(mebibyte);
      }),
    60_000,
  );

  test('that their taker refuses end the command, and its reason is thrown', () =>
    onEach(async (connection, name) => {
      const file = join(sshd.folder, `refused by ${name}`);
      const refusal = new Error('the disk is full');

      for (const toStdout of [() => Promise.reject(refusal), () => thrown(refusal)]) {
        const run = connection.run({ script: `echo $$ > '${file}'; echo one; sleep 60` }, { toStdout });
        await expect(run).rejects.toBe(refusal);
        expect(isRunning(readFileSync(file, 'utf8').trim()), name).toBe(false);
      }
    }));

  test('whose last is refused after the command has ended are still refused', () =>
    onEach(async (connection) => {
      const refusal = new Error('the disk is full');
      let refuse: (reason: unknown) => void = () => undefined;
      const toStdout = (): Promise<void> => new Promise((_resolve, reject) => (refuse = reject));

      const run = connection.run({ argv: ['echo', 'all'] }, { toStdout });
      void systemClock.sleep(700).then(() => refuse(refusal));

      await expect(run).rejects.toBe(refusal);
    }));

  test('whose source fails end the command before it can take them for all', () =>
    onEach(async (connection, name) => {
      const file = join(sshd.folder, `partial on ${name}`);
      const failure = new Error('the source is gone');
      async function* pieces(): AsyncIterable<Uint8Array> {
        yield Buffer.from('the first part');
        await until('the command began', () => readOr(file) !== '');
        throw failure;
      }
      const script = `echo $$ > '${file}'; cat > /dev/null; echo whole > '${file}.whole'`;

      await expect(connection.run({ script }, { stdin: pieces() })).rejects.toBe(failure);

      expect(isRunning(readFileSync(file, 'utf8').trim()), name).toBe(false);
      expect(readOr(`${file}.whole`)).toBe('');
    }));

  test('that a command leaves unread are no error, and their source is let go', () =>
    onEach(async (connection, name) => {
      let released = false;
      async function* endless(): AsyncIterable<Uint8Array> {
        try {
          for (;;) {
            await Promise.resolve();
            yield Buffer.alloc(mebibyte);
          }
        } finally {
          released = true;
        }
      }

      const result = await connection.run({ argv: ['head', '-c', '5'] }, { stdin: endless() });

      expect(result.outcome, name).toEqual({ kind: 'exited', code: 0 });
      expect(result.stdout).toBe('\0\0\0\0\0');
      await until('the source is let go', () => released);
    }));

  test('that never come do not hold up the end of a command', () =>
    onEach(async (connection, name) => {
      async function* silent(): AsyncIterable<Uint8Array> {
        await new Promise(() => undefined);
        yield Buffer.from('never');
      }

      const result = await connection.run({ argv: ['true'] }, { stdin: silent() });

      expect(result.outcome, name).toEqual({ kind: 'exited', code: 0 });
    }));
});

const thrown = (error: Error): never => {
  throw error;
};

const readOr = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
