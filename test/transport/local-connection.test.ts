import { createServer, type AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LocalConnection } from '../../src/transport/local-connection.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { isRunning } from '../stages/processes.js';
import { until } from '../stages/sshd.js';
import { systemClock } from '../stages/system-clock.js';

const connection = new LocalConnection(makeHost('here'), systemClock);

test('this machine runs commands as a host does', async () => {
  const result = await connection.run(
    { script: 'cat; echo "$GREETING" >&2; exit 3' },
    { env: { GREETING: 'hello' }, stdin: 'input' },
  );

  expect(result).toMatchObject({ outcome: { kind: 'exited', code: 3 }, stdout: 'input', stderr: 'hello\n' });
});

test('a job goes on by itself on this machine, and its record tells how it ended', async () => {
  const home = temporaryFolder('local');
  vi.stubEnv('HOME', home);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const [step, go] = [{ run: 'a-run', id: 'a-job' }, join(home, 'go')];
  const script = `while [ ! -e ${go} ]; do sleep 0.1; done; echo done; exit 3`;

  const begun = await connection.run({ script }, { step, detach: 60_000 });
  const meanwhile = await connection.recordOf(step);
  writeFileSync(go, '');
  await until('the job ended', async () => (await connection.recordOf(step)).state === 'ended');

  expect(begun).toMatchObject({ outcome: { kind: 'exited', code: 0 }, record: 'kept' });
  expect(meanwhile.state).toBe('running');
  expect(await connection.recordOf(step)).toMatchObject({
    outcome: { kind: 'exited', code: 3 },
    stdout: 'done\n',
  });
});

test('a killed command was signalled, and a missing one is not found', async () => {
  expect((await connection.run({ script: 'kill -KILL $$' })).outcome).toEqual({
    kind: 'signalled',
    signal: 'SIGKILL',
  });
  expect((await connection.run({ argv: ['no-such-program'] })).outcome).toEqual({
    kind: 'exited',
    code: 127,
  });
});

test('a timeout ends the command with its children', async () => {
  const folder = temporaryFolder('local');
  const file = join(folder, 'pid');

  const result = await connection.run(
    { script: `trap '' TERM; sleep 60 & echo $! > ${file}; wait` },
    { timeout: 300 },
  );

  expect(result.outcome).toEqual({ kind: 'timed_out' });
  expect(isRunning(readFileSync(file, 'utf8').trim())).toBe(false);
});

test('streams and forwarded connections carry both directions', async () => {
  const server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const stream = await connection.stream(['cat']);
  stream.end('through a program');
  const forwarded = await connection.forward({
    address: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
  });
  forwarded.end('through a port');

  expect(Buffer.concat(await stream.toArray()).toString()).toBe('through a program');
  expect(Buffer.concat(await forwarded.toArray()).toString()).toBe('through a port');
  server.close();
});
