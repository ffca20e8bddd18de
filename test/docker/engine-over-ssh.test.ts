import { linkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EngineRuntime } from '../../src/docker/engine-runtime.js';
import { blipSourceOf } from '../../src/errors/blip.js';
import { describeTransports } from '../stages/transports.js';
import { Sshd } from '../stages/sshd.js';
import { systemClock } from '../stages/system-clock.js';
import { FakeEngine } from './fake-engine.js';

describeTransports('an Engine whose socket is forwarded', (reach) => {
  test('and vanishes, or is left behind by a dead Engine, is one that may be back, not one that refuses', async () => {
    const engine = new FakeEngine();
    await engine.start();
    engine.json('GET /containers/json', []);
    const sshd = await Sshd.start();
    const transport = reach(sshd);
    const leftBehind = join(sshd.folder, 'left-behind.sock');
    try {
      const runtime = new EngineRuntime(transport, systemClock);
      const askedAt = (socket: string): Promise<unknown> =>
        runtime
          .on(sshd.host({}, { docker: { socket } }))
          .list()
          .then(
            () => 'answered',
            (error: unknown) => blipSourceOf(error) ?? error,
          );

      const seen = [await askedAt(engine.socket)];
      linkSync(engine.socket, leftBehind);
      await engine.stop();
      seen.push(await askedAt(engine.socket), await askedAt(leftBehind));

      expect(seen).toEqual(['answered', 'engine', 'engine']);
    } finally {
      await transport.close();
      await sshd.stop();
    }
  });
});
