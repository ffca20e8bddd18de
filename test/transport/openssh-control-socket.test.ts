import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/ports/clock.js';
import { openProxySocket } from '../../src/transport/openssh/control-socket.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { systemClock } from '../stages/system-clock.js';

test('a master that takes the connection and says nothing is given up', async () => {
  const folder = temporaryFolder('master');
  const path = join(folder, 's');
  let hungUp: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (hungUp = resolve));
  const server = createServer((socket) => socket.resume().on('close', hungUp));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const impatient: Clock = {
    now: () => systemClock.now(),
    elapsed: () => systemClock.elapsed(),
    sleep: (_, signal) => systemClock.sleep(100, signal),
  };
  try {
    await expect(openProxySocket(path, impatient)).rejects.toThrow('does not answer');
    await ended;
  } finally {
    server.close();
  }
});
