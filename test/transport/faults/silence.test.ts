import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';
import { CuttingProxy } from './cutting-proxy.js';

describeWithSshd('a network that falls silent', () => {
  test('is noticed: what was under way is unknown, what waited certainly did not begin, and nothing is left open', async () => {
    const sshd = await Sshd.start();
    const proxy = await CuttingProxy.start(sshd.port);
    const transport = sshd.transport({ limits: { sessionsPerConnection: 2 } });
    const host = sshd.host({ port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}` });
    const marker = join(sshd.folder, 'waited');
    try {
      const connection = await transport.connect(host);
      const stream = await connection.stream(['cat']);
      const underWay = connection.run({ argv: ['sleep', '61'] });
      await until('it began', () => (sshd.output.match(/Starting session/g)?.length ?? 0) === 2);
      const waiting = connection.run({ argv: ['touch', marker] }).catch((error: unknown) => error);
      const read = stream.toArray().catch((error: unknown) => error);

      proxy.fallSilent();
      const { outcome } = await underWay;

      expect(outcome).toMatchObject({ kind: 'unknown' });
      expect(await waiting).toMatchObject({ code: 'ssh.connection_lost' });
      expect(await read).toMatchObject({ code: 'ssh.connection_lost' });
      expect(connection.alive).toBe(false);
      expect(existsSync(marker)).toBe(false);
      // The socket is closed though nobody answers any more.
      await until('the socket is let go of', () => proxy.open === 0);
    } finally {
      await transport.close();
      await proxy.stop();
      await sshd.stop();
    }
  });

  test('does not keep a program from ending that says goodbye meanwhile', async () => {
    const sshd = await Sshd.start();
    const proxy = await CuttingProxy.start(sshd.port);
    // Nothing else ends the connection.
    const transport = sshd.transport({ limits: { keepaliveInterval: 3_600_000, silence: 7_200_000 } });
    try {
      await transport.connect(sshd.host({ port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}` }));
      proxy.fallSilent();

      await transport.close();

      await until('the socket is let go of', () => proxy.open === 0);
    } finally {
      await proxy.stop();
      await sshd.stop();
    }
  });
});
