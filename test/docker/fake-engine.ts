import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Host } from '../../src/model/host.js';
import { EngineRuntime } from '../../src/docker/engine-runtime.js';
import type { HostContainers } from '../../src/ports/container-runtime.js';
import { LocalTransport } from '../../src/transport/local-connection.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { systemClock } from '../stages/system-clock.js';

export interface Asked {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

type Answer = (asked: Asked, response: ServerResponse) => void;

/** A Docker Engine that answers as the test says, on a real socket. */
export class FakeEngine {
  readonly asked: Asked[] = [];
  readonly #folder = temporaryFolder('engine');
  readonly #answers = new Map<string, Answer>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(apiVersion = '1.41', about: object = {}): Promise<void> {
    this.becomes(apiVersion, about);
    await new Promise<void>((resolve) => this.#server.listen(this.socket, resolve));
  }

  /** What it says of itself from now on, as after an upgrade. */
  becomes(apiVersion: string, about: object = {}): void {
    this.json('GET /version', {
      ApiVersion: apiVersion,
      MinAPIVersion: '1.12',
      Version: '20.10.24',
      Os: 'linux',
      Arch: 'amd64',
      ...about,
    });
  }

  /** Ends all its connections, as a restart of dockerd does. */
  hangUp(): void {
    this.#server.closeAllConnections();
  }

  /** Takes no new connection from now on, and still answers on those that it has, as dockerd does once it was asked to end. */
  ends(): void {
    this.#server.close();
  }

  get socket(): string {
    return join(this.#folder, 'docker.sock');
  }

  get host(): Host {
    return makeHost('api-1', { docker: { socket: this.socket } });
  }

  get containers(): HostContainers {
    return new EngineRuntime(new LocalTransport(systemClock), systemClock).on(this.host);
  }

  /** `GET /containers/json`, without a version. */
  on(what: string, answer: Answer): void {
    this.#answers.set(what, answer);
  }

  json(what: string, body: unknown, status = 200): void {
    this.on(what, (_asked, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What was asked, apart from the version. */
  get lines(): string[] {
    return this.asked
      .filter(({ path }) => !path.endsWith('/version'))
      .map(({ method, path }) => `${method} ${path}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://docker');
    const sent = await text(request);
    const asked: Asked = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: sent === '' ? undefined : JSON.parse(sent),
    };
    this.asked.push(asked);
    const answer = this.#answers.get(`${asked.method} ${asked.path.replace(/^\/v[\d.]+/, '')}`);
    if (answer === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: `page not found: ${asked.method} ${asked.path}` }));
    } else {
      answer(asked, response);
    }
  }
}
