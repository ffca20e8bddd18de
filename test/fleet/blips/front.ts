import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

/** What a server said to one request. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

/** One request on its way to the server behind. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
  /** Asks the server behind. */
  readonly pass: () => Promise<Reply>;
}

/** What stands in for the server behind: it answers, or it keeps silent (`undefined`), or it breaks off within the body (`cut`). */
export type Disturbance = (asked: Asked) => Promise<Reply | undefined | { readonly cut: Reply }>;

/** An HTTP server before another one, which passes everything on until it is disturbed. */
export class Front {
  /** What becomes of requests from now on. */
  disturbance: Disturbance | undefined;
  readonly #server = createServer((incoming, response) => {
    this.#answer(incoming, response).catch(() => response.destroy());
  });
  #behind: { readonly hostname: string; readonly port: number } = { hostname: '', port: 0 };

  /** Listens at an address, before the server of `behind`, `host:port`. Resolves to its own `host:port`. */
  async listen(address: string, behind: string): Promise<string> {
    const { hostname, port } = new URL(`http://${behind}`);
    this.#behind = { hostname, port: Number(port) };
    this.#server.listen(0, address);
    await once(this.#server, 'listening');
    return `${address}:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Every connection ends; who asks next has to connect again. */
  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const asked: Asked = {
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      body,
      pass: async () => this.#pass(incoming, body),
    };
    const reply = await (this.disturbance ?? ((one: Asked) => one.pass()))(asked);
    if (reply === undefined) return;
    const { status, headers, body: answer } = 'cut' in reply ? reply.cut : reply;
    response.writeHead(status, { ...headers, ...(asked.method === 'HEAD' ? {} : lengthOf(answer)) });
    if (!('cut' in reply)) {
      response.end(answer);
      return;
    }
    response.write(answer.subarray(0, answer.length / 2), () => response.destroy());
  }

  #pass(incoming: IncomingMessage, body: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { method, url, headers } = incoming;
      const passed = request({ ...this.#behind, method, path: url, headers, agent: false }, (answer) => {
        buffer(answer).then((bytes) => {
          const { 'transfer-encoding': _chunked, connection: _connection, ...kept } = answer.headers;
          resolve({ status: answer.statusCode ?? 502, headers: defined(kept), body: bytes });
        }, reject);
      });
      passed.on('error', reject);
      passed.end(body);
    });
  }
}

const lengthOf = (body: Buffer): { 'content-length': string } => ({ 'content-length': String(body.length) });

const defined = (headers: NodeJS.Dict<string | string[]>): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** Answers every request with a status and a few words. */
export const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}): Disturbance =>
  ({ method }) =>
    Promise.resolve({
      status,
      headers,
      body: Buffer.from(method === 'HEAD' ? '' : `${String(status)} for a while\n`),
    });

/** The server carries out the request, and its answer is lost. */
export const silent: Disturbance = async ({ pass }) => {
  await pass();
  return undefined;
};
