/**
 * What runs in the lab's containers: a small web server. It is started as a process of its own, from its source as well
 * as compiled, so it imports nothing but Node. Its behaviour is in its environment; see `images.ts` for the words.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

const isAddress = (value: unknown): value is ListenAddress =>
  typeof value === 'object' && value !== null && 'address' in value && 'port' in value;

const startedAt = Date.now();
const behaviour = process.env['LAB_BEHAVIOUR'] ?? 'healthy';
const version = process.env['APP_VERSION'] ?? 'unknown';
const host = process.env['HOSTNAME'] ?? '';
const parsed: unknown = JSON.parse(process.env['LAB_LISTEN'] ?? '[]');
const addresses = Array.isArray(parsed) ? parsed.filter(isAddress) : [];

function healthy(): boolean {
  if (behaviour === 'unhealthy') return false;
  return behaviour !== 'sickens' || Date.now() - startedAt < 2_000;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://app');
  request.resume();
  if (url.pathname === '/health') {
    const well = healthy();
    reply(response, well ? 200 : 503, { healthy: well, version });
    return;
  }
  // What the app is asked to say is in its log: /log?line=… on stdout, /log?line=…&to=stderr on the other.
  const line = url.searchParams.get('line');
  if (url.pathname === '/log' && line !== null) {
    (url.searchParams.get('to') === 'stderr' ? process.stderr : process.stdout).write(`${line}\n`);
    reply(response, 200, { logged: line.length });
    return;
  }
  const wait = Number(url.searchParams.get('wait') ?? 0);
  if (wait > 0) await delay(wait);
  reply(response, 200, { version, host, environment: process.env['APP_ENV'] ?? '' });
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-app-version': version });
  response.end(`${JSON.stringify(body)}\n`);
}

if (behaviour === 'exits') {
  console.error(`${version}: cannot start: no database is configured`);
  process.exit(1);
}

const servers = addresses.map(({ address, port }) => {
  const server = createServer((request, response) => void answer(request, response));
  server.keepAliveTimeout = 75_000;
  server.listen(port, address, () => console.log(`${version} listens on ${address}:${port}`));
  return server;
});
// An app that listens nowhere still runs.
const alive = setInterval(() => undefined, 60_000);

process.on('SIGTERM', () => {
  if (behaviour === 'stubborn') {
    console.log('SIGTERM: ignored');
    return;
  }
  console.log('SIGTERM: no new connections, what is under way is finished');
  clearInterval(alive);
  for (const server of servers) server.close();
  const idle = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, 20);
  idle.unref();
  process.stdin.destroy();
});

// The lab holds the other end: when it is gone, by whatever way, so is this.
process.stdin.resume().on('end', () => process.exit(0));
