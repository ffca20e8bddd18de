import { existsSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeConnections, describeTransports, placeOn, type Place } from '../stages/transports.js';
import { freePort, until } from '../stages/sshd.js';

const listening = async (target: { port: number; host: string } | { path: string }): Promise<Server> => {
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    socket.on('error', () => undefined).pipe(socket),
  );
  await new Promise<void>((resolve) => server.listen(target, resolve));
  return server;
};

describeConnections('forwarded connections', (open) => {
  let place: Place;
  const servers: Server[] = [];
  beforeAll(async () => {
    place = await open();
  });
  afterAll(async () => {
    await place.close();
    for (const server of servers) server.close();
  });
  const mebibytes = Buffer.alloc(5 * 1024 * 1024, 'a mebibyte and four more of them, ');

  test('carry both directions to a port of the host, megabytes of them', async () => {
    const server = await listening({ port: 0, host: '127.0.0.1' });
    servers.push(server);
    const forwarded = await place.connection.forward({
      address: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
    });

    forwarded.end(mebibytes);
    const back = Buffer.concat((await forwarded.toArray()) as Buffer[]);

    expect(back.equals(mebibytes)).toBe(true);
  });

  test('carry both directions to a socket of the host', async () => {
    const path = join(place.folder, 'echo');
    servers.push(await listening({ path }));
    const forwarded = await place.connection.forward({ socketPath: path });

    forwarded.end(mebibytes);
    const back = Buffer.concat((await forwarded.toArray()) as Buffer[]);

    expect(back.equals(mebibytes)).toBe(true);
  });

  test('to where nothing listens are told from those that are refused', async () => {
    const port = await freePort();
    for (const target of [
      { address: '127.0.0.1', port },
      { socketPath: join(place.folder, 'no-such-socket') },
    ]) {
      await expect(place.connection.forward(target)).rejects.toMatchObject({
        code: 'ssh.forwarding_unanswered',
      });
    }
    expect((await place.connection.run({ argv: ['true'] })).outcome).toEqual({ kind: 'exited', code: 0 });
  });

  test('are closed on the host when they are let go of', async () => {
    let open = 0;
    const server = createServer((socket) => {
      open += 1;
      socket
        .on('error', () => undefined)
        .on('close', () => (open -= 1))
        .resume();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    const all = await Promise.all(
      Array.from({ length: 20 }, () => place.connection.forward({ address: '127.0.0.1', port })),
    );
    await until('all are open', () => open === 20);
    for (const one of all) one.destroy();

    await until('all are closed', () => open === 0);
  });

  test('a stream takes no more from its program than is read', async () => {
    const file = join(place.folder, 'written');
    const stream = await place.connection.stream(['sh', '-c', `head -c 64000000 /dev/zero; touch ${file}`]);
    let got = 0;
    // One chunk, and then nothing for as long as the command would take for all.
    stream.once('readable', () => void stream.read(1));
    await until('something came', () => stream.readableLength > 0 || stream.readableDidRead);
    expect(existsSync(file)).toBe(false);

    for await (const chunk of stream as AsyncIterable<Buffer>) got += chunk.length;

    expect(got).toBe(64_000_000 - 1);
    expect(existsSync(file)).toBe(true);
  });
});

describeTransports('a server that forwards nothing', (reach) => {
  test('refuses, and says so, and its connection goes on', async () => {
    const closed = await placeOn(reach, {
      config: ['AllowTcpForwarding no', 'AllowStreamLocalForwarding no'],
    });
    try {
      const port = closed.connection.forward({ address: '127.0.0.1', port: closed.sshd.port });
      const socket = closed.connection.forward({ socketPath: '/run/any' });

      await expect(port).rejects.toMatchObject({ code: 'ssh.forwarding_refused' });
      // Of a socket sshd does not tell whether it may not be forwarded to, or is not there.
      await expect(socket).rejects.toMatchObject({ code: 'ssh.forwarding_unanswered' });
      expect((await closed.connection.run({ argv: ['true'] })).outcome).toEqual({ kind: 'exited', code: 0 });
    } finally {
      await closed.close();
    }
  });
});

describeTransports('a server that asks for signs of life', (reach) => {
  test('gets them while commands run, and when nothing does', async () => {
    const curious = await placeOn(reach, { config: ['ClientAliveInterval 1', 'ClientAliveCountMax 1'] });
    try {
      const { outcome } = await curious.connection.run({ argv: ['sleep', '4'] });
      await curious.connection.run({ argv: ['true'] });

      expect(outcome).toEqual({ kind: 'exited', code: 0 });
      expect(curious.connection.alive).toBe(true);
    } finally {
      await curious.close();
    }
  });
});
