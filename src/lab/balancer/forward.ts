import {
  request as startRequest,
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Address } from '../listen.js';
import type { RegisteredTarget } from './target.js';

export interface Upstream {
  readonly at: Address;
  readonly target: RegisteredTarget;
  readonly agent: Agent;
  readonly timeout: Milliseconds;
}

const ownAnswers = { 502: 'Bad Gateway', 504: 'Gateway Time-out' } as const;

/** Belong to one connection, not to the message. Source: RFC 9110, section 7.6.1. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'transfer-encoding',
]);

/**
 * Hands one request to one target, once. `answered` hears the status that the client saw (0: broken off), and whether the
 * balancer had to make it up. A target that refuses the connection costs the client a 502, as with an ALB: it is for
 * the deploy to drain it first.
 */
export function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { at, target, agent, timeout }: Upstream,
  answered: (status: number, own: boolean) => void,
): void {
  const upstream = startRequest({
    host: at.address,
    port: at.port,
    method: request.method,
    path: request.url,
    headers: forwardedHeaders(request),
    agent,
  });
  let settled = false;
  const settle = (status: number, own: boolean): void => {
    if (settled) return;
    settled = true;
    clearTimeout(deadline);
    ended();
    answered(status, own);
  };
  const fail = (status: keyof typeof ownAnswers): void => {
    if (settled) return;
    upstream.destroy();
    if (response.headersSent || response.destroyed) {
      response.destroy();
      settle(0, true);
      return;
    }
    request.resume();
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status} ${ownAnswers[status]}\n`);
    settle(status, true);
  };
  const ended = target.begin(() => {
    fail(502);
  });
  const deadline = setTimeout(() => {
    fail(504);
  }, timeout);

  upstream.on('response', (answer) => {
    clearTimeout(deadline);
    const status = answer.statusCode ?? 502;
    response.writeHead(status, endToEnd(answer.headers));
    pipeline(answer, response, (error) => {
      if (error) fail(502);
      else settle(status, false);
    });
  });
  upstream.on('error', () => {
    fail(502);
  });
  response.on('close', () => {
    if (!response.writableFinished) fail(502);
  });
  request.pipe(upstream);
}

function forwardedHeaders(request: IncomingMessage): Record<string, string | string[] | undefined> {
  const before = request.headers['x-forwarded-for'];
  const client = request.socket.remoteAddress ?? '';
  const headers = endToEnd(request.headers);
  // A body of unknown length stays one.
  const chunked = request.headers['transfer-encoding'];
  return {
    ...headers,
    ...defined({ 'transfer-encoding': chunked }),
    'x-forwarded-for': before === undefined ? client : `${String(before)}, ${client}`,
    'x-forwarded-proto': 'http',
  };
}

const endToEnd = (headers: IncomingHttpHeaders): Record<string, string | string[] | undefined> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
