import type { IncomingMessage, ServerResponse } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { EngineFault } from './fault.js';

/** One call of the Engine API. */
export interface Call {
  /** What the pattern's groups matched. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What is answered: a status, with a JSON body or none. A handler that answered by itself gives nothing. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly handle: (call: Call) => Promise<Reply | undefined> | Reply | undefined;
}

/** `/containers/{id}/json`; a name in `{…}` matches one segment, in `{…*}` it may hold slashes. */
export function route(method: string, path: string, handle: Route['handle']): Route {
  const source = path.replace(/\{(\w+)\*\}/g, '(?<$1>.+)').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { method, pattern: new RegExp(`^(?:/v\\d+\\.\\d+)?${source}$`), handle };
}

/** Finds the route and answers; a fault is answered as Docker does, with its message alone. */
export async function dispatch(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://docker');
  const path = decodeURIComponent(url.pathname);
  const found = routes.find(({ method, pattern }) => method === request.method && pattern.test(path));
  try {
    if (found === undefined) throw new EngineFault(404, 'page not found');
    const parameters = found.pattern.exec(path)?.groups ?? {};
    const reply = await found.handle({ parameters, query: url.searchParams, request, response });
    if (reply !== undefined) send(response, reply);
  } catch (error) {
    const status = error instanceof EngineFault ? error.status : 500;
    const message = error instanceof Error ? error.message : String(error);
    send(response, { status, body: { message } });
  } finally {
    request.resume();
  }
}

/** The JSON body, an empty object when there is none. Throws `EngineFault`. */
export async function bodyOf({ request }: Call): Promise<unknown> {
  if (request.headers['content-length'] === '0') return {};
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
    return {};
  }
  try {
    return await readJson(request);
  } catch (error) {
    throw new EngineFault(400, `invalid JSON: ${String(error)}`);
  }
}

/** Docker takes `1` and `true` for yes. */
export const flag = (query: URLSearchParams, name: string): boolean =>
  ['1', 'true', 'True'].includes(query.get(name) ?? '');

function send(response: ServerResponse, { status, body }: Reply): void {
  response.setHeader('api-version', '1.47');
  response.setHeader('docker-experimental', 'false');
  response.setHeader('ostype', 'linux');
  response.setHeader('server', 'Docker/27.5.1 (lab)');
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  response.setHeader('content-type', typeof body === 'string' ? 'text/plain' : 'application/json');
  response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
}
