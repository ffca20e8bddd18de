import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Connection } from '../../../src/ports/transport.js';
import { isRunning } from '../../stages/processes.js';
import { matching } from '../../stages/matching.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';

async function on(
  config: readonly string[],
  work: (connection: Connection, sshd: Sshd) => Promise<void>,
): Promise<void> {
  const sshd = await Sshd.start({ config });
  const transport = sshd.transport();
  try {
    await work(await transport.connect(sshd.host()), sshd);
  } finally {
    await transport.close();
    await sshd.stop();
  }
}

describeWithSshd('a server that allows few sessions', () => {
  for (const sessions of [1, 2]) {
    test(`runs all 20 commands that come at once, with MaxSessions ${sessions}`, () =>
      on([`MaxSessions ${sessions}`], async (connection) => {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) => connection.run({ argv: ['echo', String(index)] })),
        );

        expect(results.map(({ stdout }) => stdout.trim())).toEqual(
          Array.from({ length: 20 }, (_, index) => String(index)),
        );
        expect(connection.alive).toBe(true);
      }));

    test(`runs commands that come while others end, with MaxSessions ${sessions}`, () =>
      on([`MaxSessions ${sessions}`], async (connection) => {
        // Each is asked for at another moment of the one before.
        const running: Promise<unknown>[] = [];
        for (let index = 0; index < 60; index += 1) {
          running.push(connection.run({ argv: ['true'] }).then(({ outcome }) => outcome));
          await new Promise((resolve) => setTimeout(resolve, index % 7));
        }

        expect(new Set((await Promise.all(running)).map((outcome) => JSON.stringify(outcome)))).toEqual(
          new Set([JSON.stringify({ kind: 'exited', code: 0 })]),
        );
      }));

    test(`runs the next when one left a child that holds its output, with MaxSessions ${sessions}`, () =>
      on([`MaxSessions ${sessions}`], async (connection) => {
        const children: number[] = [];
        try {
          for (let index = 0; index < 3; index += 1) {
            const result = await connection.run({ script: 'sleep 60 & echo "$!"' });
            expect(result.outcome).toEqual({ kind: 'exited', code: 0 });
            children.push(Number(result.stdout));
          }
        } finally {
          for (const pid of children) process.kill(pid, 'SIGKILL');
        }
      }));
  }

  test('has a command ended with all its children though it has no session left for that', () =>
    on(['MaxSessions 1'], async (connection, sshd) => {
      const file = join(sshd.folder, 'pids');
      const script = `sleep 65 & echo "$$ $!" > ${file}; sleep 66; wait`;

      const { outcome } = await connection.run({ script }, { timeout: 500 });

      expect(outcome).toEqual({ kind: 'timed_out' });
      for (const pid of readFileSync(file, 'utf8').trim().split(' ')) {
        await until(`process ${pid} is gone`, () => !isRunning(pid));
      }
      expect(connection.alive).toBe(true);
    }));

  test('that allows none is named, with the setting, and nothing ran', () =>
    on(['MaxSessions 0'], async (connection, sshd) => {
      const file = join(sshd.folder, 'ran');
      const all = await Promise.allSettled(
        Array.from({ length: 10 }, () => connection.run({ argv: ['touch', file] })),
      );

      for (const one of all) {
        expect(one).toMatchObject({
          status: 'rejected',
          reason: {
            code: 'ssh.unreachable',
            message: matching(/\(channel\)$/),
            hint: matching(/MaxSessions/),
          },
        });
      }
      expect(existsSync(file)).toBe(false);
    }));
});
