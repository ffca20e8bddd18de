import { existsSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUnreachable } from '../../src/errors/ssh.js';
import { hostId } from '../../src/model/ids.js';
import { defaultLimits } from '../../src/transport/ssh/limits.js';
import { describeTransports } from '../stages/transports.js';
import { freePort, Sshd, until } from '../stages/sshd.js';
import { containing, matching } from '../stages/matching.js';

describeTransports('connecting', (reach) => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await Sshd.start();
  });
  afterAll(() => sshd.stop());
  const logins = (): number => sshd.output.match(/Accepted publickey/g)?.length ?? 0;

  test('all who ask for a host share one connection', async () => {
    const transport = reach(sshd);
    const before = logins();

    const all = await Promise.all(Array.from({ length: 10 }, () => transport.connect(sshd.host())));
    await transport.close();

    expect(new Set(all).size).toBe(1);
    expect(logins()).toBe(before + 1);
  });

  test('50 hosts behind one sshd with its usual MaxStartups all connect at once', async () => {
    const transport = reach(sshd);
    const hosts = Array.from({ length: 50 }, (_, index) => sshd.host({}, { id: hostId(`host-${index}`) }));

    const connections = await Promise.all(hosts.map((host) => transport.connect(host)));
    const results = await Promise.all(connections.map((connection) => connection.run({ argv: ['true'] })));
    await transport.close();

    expect(new Set(connections).size).toBe(50);
    expect(results.every(({ outcome }) => outcome.kind === 'exited' && outcome.code === 0)).toBe(true);
  });

  test('a server that drops connections at their start is asked again', async () => {
    const shy = await Sshd.start({ config: ['MaxStartups 1:90:2'] });
    const transport = reach(shy);
    try {
      const hosts = Array.from({ length: 6 }, (_, index) => shy.host({}, { id: hostId(`host-${index}`) }));

      const connections = await Promise.all(hosts.map((host) => transport.connect(host)));

      expect(connections.every(({ alive }) => alive)).toBe(true);
      expect(shy.output).toMatch(/MaxStartups|drop connection/);
    } finally {
      await transport.close();
      await shy.stop();
    }
  });

  test('a connection that is lost is known to be, its command has an unknown outcome, and the next who asks gets a new one', async () => {
    const own = await Sshd.start();
    const transport = reach(own);
    try {
      const connection = await transport.connect(own.host());
      const file = join(own.folder, 'began');
      const running = connection.run({ script: `touch ${file}; sleep 3; exit 0` });
      await until('the command began', () => existsSync(file));

      own.killSessions();
      const { outcome } = await running;

      expect(outcome.kind).toBe('unknown');
      expect(connection.alive).toBe(false);
      await expect(connection.run({ argv: ['true'] })).rejects.toMatchObject({ code: 'ssh.connection_lost' });
      await expect(connection.stream(['cat'])).rejects.toSatisfy(isUnreachable);
      const again = await transport.connect(own.host());
      expect(await again.run({ argv: ['true'] })).toMatchObject({ outcome: { kind: 'exited', code: 0 } });
    } finally {
      await transport.close();
      await own.stop();
    }
  });

  test('streams of a connection that is lost fail, and say so', async () => {
    const own = await Sshd.start();
    const transport = reach(own);
    try {
      const connection = await transport.connect(own.host());
      const stream = await connection.stream(['cat']);
      const forwarded = await connection.forward({ address: '127.0.0.1', port: own.port });
      const ends = [stream.toArray(), forwarded.toArray()];

      own.killSessions();

      for (const end of ends) await expect(end).rejects.toMatchObject({ code: 'ssh.connection_lost' });
    } finally {
      await transport.close();
      await own.stop();
    }
  });

  test('a host that falls silent is noticed', async () => {
    const limits = { keepaliveInterval: 200 };
    const own = await Sshd.start();
    const transport = reach(own, { limits });
    try {
      const connection = await transport.connect(own.host());
      const running = connection.run({ argv: ['sleep', '30'] });
      await until('the session began', () => /Starting session/.test(own.output));
      own.killSessions('SIGSTOP');

      expect((await running).outcome.kind).toBe('unknown');
      expect(connection.alive).toBe(false);
    } finally {
      await transport.close();
      own.killSessions('SIGCONT');
      await own.stop();
    }
    // Three signs of life unanswered, as the product has it: within 20 seconds.
    expect(defaultLimits.keepaliveInterval * 3).toBeLessThanOrEqual(20_000);
  });

  test('an abort of one who waits does not take the connection from the others', async () => {
    const transport = reach(sshd);
    const abort = new AbortController();
    const first = transport.connect(sshd.host(), abort.signal);
    const second = transport.connect(sshd.host());
    abort.abort(new Error('not needed any more'));

    await expect(first).rejects.toThrow('not needed any more');
    expect((await second).alive).toBe(true);
    await transport.close();
  });

  test('closing does not wait for a silent server: what is under way ends, and its callers get an error', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const transport = reach(sshd);
    try {
      const waiting = expect(
        transport.connect(sshd.host({ port, connectTimeout: 3_600_000 })),
      ).rejects.toMatchObject({
        code: 'ssh.connection_lost',
      });
      await until('the silent server is spoken to', () => sockets.size === 1);
      const [socket] = sockets;
      const hungUp = new Promise((resolve) => socket?.once('close', resolve).resume());

      await transport.close();
      await waiting;
      await hungUp;
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
      await transport.close();
    }
  });

  test('after all is closed nothing is opened any more', async () => {
    const transport = reach(sshd);
    const connection = await transport.connect(sshd.host());

    await transport.close();

    expect(connection.alive).toBe(false);
    await expect(transport.connect(sshd.host())).rejects.toSatisfy(isUnreachable);
  });

  test('a port on which nothing listens, and a name that is none, are told apart', async () => {
    const transport = reach(sshd);
    const [refused, nameless] = await Promise.allSettled([
      transport.connect(sshd.host({ port: await freePort() })),
      transport.connect(sshd.host({}, { address: 'no-such-host.invalid' })),
    ]);

    expect(refused).toMatchObject({
      reason: { code: 'ssh.unreachable', message: matching(/connection refused.*tcp/i) },
    });
    expect(nameless).toMatchObject({ reason: { code: 'ssh.unreachable', message: containing('(name)') } });
    await transport.close();
  });
});

describeTransports('a port that accepts and says nothing', (reach) => {
  test('is given up in time', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sshd = await Sshd.start();
    const transport = reach(sshd);
    try {
      const port = (server.address() as AddressInfo).port;
      const connecting = transport.connect(sshd.host({ port, connectTimeout: 300 }));

      await expect(connecting).rejects.toMatchObject({
        code: 'ssh.unreachable',
        message: containing('0.3 s (banner)'),
      });
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
      await transport.close();
      await sshd.stop();
    }
  });
});
