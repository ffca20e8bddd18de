import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface HttpProxy extends AsyncDisposable {
  readonly url: string;
  /** `GET http://aws.test/`, `CONNECT aws.test:443`: what went through it. */
  readonly seen: readonly string[];
}

/**
 * A proxy as companies have it: it takes requests with whole URLs, and opens tunnels. Names that only it knows lead to `to`, a port of this
 * machine.
 */
export async function httpProxy(
  to: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.end('proxied'),
): Promise<HttpProxy> {
  const seen: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    answer(request, response);
  });
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    seen.push(`CONNECT ${request.url ?? ''}`);
    const tunnel = connect(to, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel.pipe(client).pipe(tunnel);
    });
    for (const socket of [client, tunnel]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
