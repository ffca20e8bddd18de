import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface StubReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An HTTP server that answers as one test tells it, for what a healthy registry never does. */
export interface StubRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly seen: readonly SeenRequest[];
}

/** `undefined` breaks the connection instead of answering. */
export async function stubRegistry(
  answer: (request: SeenRequest, host: string) => StubReply | undefined,
): Promise<StubRegistry> {
  const seen: SeenRequest[] = [];
  let host = '';
  const server = createServer((request, response) => {
    void read(request, host).then((one) => {
      seen.push(one);
      reply(response, answer(one, host));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  host = `127.0.0.1:${address.port}`;
  return {
    host,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(request: IncomingMessage, host: string): Promise<SeenRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return {
    method: request.method ?? '',
    url: new URL(request.url ?? '/', `http://${host}`),
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

function reply(response: ServerResponse, told: StubReply | undefined): void {
  if (told === undefined) {
    response.destroy();
    return;
  }
  response.writeHead(told.status ?? 200, told.headers);
  response.end(told.body);
}
