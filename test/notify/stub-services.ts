import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface StubService extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
}

export type Answer = (request: Asked) => { readonly status?: number; readonly json?: unknown } | 'nothing';

/** A service on this machine that answers as a test says; `nothing` is a request that is never answered. */
export async function stubService(answer: Answer): Promise<StubService> {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.once('end', () => {
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        text,
        json: JSON.parse(text) as Asked['json'],
      };
      asked.push(one);
      const given = answer(one);
      if (given === 'nothing') return;
      response.writeHead(given.status ?? 200, { 'content-type': 'application/json' });
      response.end(given.json === undefined ? '' : JSON.stringify(given.json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** GitHub, as it is with deployments: it merges, refuses and knows ids as its documentation says. */
export const github: Answer = ({ path, json }) => {
  if (path.endsWith('/statuses'))
    return path.includes('/7/') ? { status: 201, json: {} } : { status: 404, json: { message: 'Not Found' } };
  if (json['auto_merge'] !== false) return { status: 202, json: { message: 'Auto-merged main into topic.' } };
  if (!Array.isArray(json['required_contexts']) || json['required_contexts'].length > 0)
    return { status: 409, json: { message: 'Conflict: Commit status checks failed for topic.' } };
  return { status: 201, json: { id: 7 } };
};

/** Slack, which answers 200 to everything. */
export const slack: Answer = ({ path, headers, json }) => {
  if (headers.authorization !== 'Bearer xoxb') return { json: { ok: false, error: 'invalid_auth' } };
  if (path === '/chat.update' && json['ts'] !== '1.5')
    return { json: { ok: false, error: 'message_not_found' } };
  return { json: { ok: true, channel: 'C1', ts: '1.5' } };
};
