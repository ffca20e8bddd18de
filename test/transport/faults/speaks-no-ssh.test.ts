import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SshTransport } from '../../../src/transport/ssh/ssh-transport.js';
import { makeHost } from '../../fakes/make-host.js';
import { containing, matching } from '../../stages/matching.js';
import { systemClock } from '../../stages/system-clock.js';

/** A port on which something else answers. */
describe('a port on which something else answers', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  let transport: SshTransport;
  let visits = 0;
  beforeAll(() => {
    transport = new SshTransport({
      clock: systemClock,
      random: { next: () => 0 },
      homeDirectory: '/nonexistent',
      defaultUser: 'nobody',
    });
  });
  afterAll(async () => {
    await transport.close();
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  });

  async function portOf(server: Server): Promise<number> {
    servers.push(server);
    visits = 0;
    server.on('connection', (socket: Socket) => {
      visits += 1;
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const errorOf = (port: number, connectTimeout = 400): Promise<unknown> =>
    transport
      .connect(makeHost(`on-${port}`, { ssh: { port, connectTimeout, configFile: 'none' } }))
      .catch((error: unknown) => error);

  const says = (text: string | Buffer, end: boolean): Server =>
    createServer((socket) => {
      socket.write(text);
      if (end) socket.end();
    });

  test('a web server is recognised by what it says, and not asked twice', async () => {
    const port = await portOf(createHttpServer());

    expect(await errorOf(port, 5_000)).toMatchObject({
      code: 'ssh.unreachable',
      message: matching(/it says "HTTP\/1\.1 400 Bad Request", and not that it speaks SSH \(banner\)$/),
      hint: containing('check the port'),
    });
    expect(visits).toBe(1);
  });

  test('garbage is no SSH, whether or not it ends', async () => {
    const garbage = Buffer.from(Array.from({ length: 4_000 }, (_, index) => (index * 7919) % 256));
    for (const end of [true, false]) {
      const port = await portOf(says(garbage, end));

      expect(await errorOf(port)).toMatchObject({
        code: 'ssh.unreachable',
        message: matching(/\(banner\)$/),
      });
    }
  });

  test('an endless banner ends: in one line, in many, and slowly', async () => {
    const pour = (line: string, pause: number): Server =>
      createServer((socket) => {
        const timer = setInterval(() => socket.write(line), pause);
        socket.on('close', () => clearInterval(timer));
      });
    for (const server of [
      pour('x'.repeat(5_000), 1),
      pour('welcome\r\n'.repeat(300), 1),
      pour('hm\r\n', 100),
    ]) {
      const port = await portOf(server);

      expect(await errorOf(port, 800)).toMatchObject({
        code: 'ssh.unreachable',
        message: matching(/it says ".*", and not that it speaks SSH \(banner\)$/),
      });
    }
  });

  test('a server of a protocol that died, SSH 1, is refused', async () => {
    const port = await portOf(says('SSH-1.5-1.2.27\r\n', false));

    expect(await errorOf(port)).toMatchObject({
      code: 'ssh.unreachable',
      message: matching(/\((banner|handshake)\)$/),
    });
  });

  test('one that hangs up is asked again until the time is up, and that is told', async () => {
    const port = await portOf(createServer((socket) => socket.end()));

    expect(await errorOf(port)).toMatchObject({
      code: 'ssh.unreachable',
      message: matching(/\d times \((banner|tcp)\)$/),
      hint: containing('MaxStartups'),
    });
    expect(visits).toBeGreaterThan(1);
  });

  test('an sshd that has had enough of us is named with its own words', async () => {
    for (const words of ['Not allowed at this time', 'Exceeded MaxStartups']) {
      const port = await portOf(says(`${words}\r\n`, true));

      expect(await errorOf(port)).toMatchObject({
        code: 'ssh.unreachable',
        message: containing(`"${words}"`),
        hint: containing('PerSourcePenalties'),
      });
      expect(visits).toBeGreaterThan(1);
    }
  });
});
