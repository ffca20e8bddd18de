import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import pLimit from 'p-limit';
import { z } from 'zod';
import { AdfError } from '../errors/adf-error.js';
import { dockerApi, dockerUnreachable } from '../errors/docker.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { Clock } from '../ports/clock.js';
import type { Transport } from '../ports/transport.js';
import { socketOf } from './engine-address.js';
import { EngineAgent } from './engine-agent.js';
import { receive, receiveRaw, type EngineAnswer } from './engine-answer.js';
import { parseJson } from './json.js';
import { negotiate, refusesVersion, versionAnswer, type EngineIdentity } from './negotiation.js';

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without the version, and with its names already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the Engine may be silent. A minute when absent. */
  readonly patience?: Milliseconds;
  readonly signal?: AbortSignal;
  /**
   * Given to the other side on the same stream, which is no HTTP any more after the request (Docker Engine API, "Hijacking"): the stdin of a
   * command in a container. The answer's body is then all that comes back.
   */
  readonly input?: string;
  /** Gets the answer line by line as it comes, instead of as one body, when it is not an error. */
  readonly onLine?: (line: string) => void;
}

/** Requests to one host at a time; each in flight takes a session of its connection, of which there are few. */
const atOnce = 4;

/**
 * Speaks HTTP with the Docker Engine of one host. Written on node:http, since docker-modem 5 never calls back when the
 * connection is lost in the middle of an answer, which over SSH is the case that matters.
 */
export class EngineClient {
  readonly #agent: EngineAgent;
  readonly #turn = pLimit(atOnce);
  /** Known for as long as a stream to the Engine is open: what answers on a new one may be another Engine. */
  #identity: Promise<EngineIdentity> | undefined;
  #openStreams = 0;
  #hasAnswered = false;

  constructor(
    private readonly host: Host,
    private readonly transport: Transport,
    private readonly clock: Clock,
  ) {
    this.#agent = new EngineAgent(() => this.#open());
  }

  /** The answer, whatever its status. Throws `docker.*` as `identity` does, the transport's errors, and the signal's reason. */
  async ask(request: EngineRequest): Promise<EngineAnswer> {
    return this.#turn(async () => {
      const answer = await this.#askOrAgain(request);
      if (answer.status !== 400 || !refusesVersion(this.messageOf(answer))) return answer;
      this.#identity = undefined;
      return this.#askOrAgain(request);
    });
  }

  /**
   * The Engine that answers now. Throws `docker.unreachable`, `docker.podman`, `docker.engine_too_old`, `docker.engine_too_new` and the
   * transport's errors.
   */
  identity(): Promise<EngineIdentity> {
    return this.#identify().catch((error: unknown) => {
      throw this.#explain(error, undefined);
    });
  }

  /**
   * The answer when its status is 2xx or one of `also`. Throws `docker.api` with the Engine's own message otherwise; `docker.unreachable`
   * when the Engine was ending as it answered.
   */
  async call(request: EngineRequest, also: readonly number[] = []): Promise<EngineAnswer> {
    const answer = await this.ask(request);
    if ((answer.status >= 200 && answer.status < 300) || also.includes(answer.status)) return answer;
    if (answer.status === 500) await this.requireStaying(this.messageOf(answer));
    throw this.failure(answer);
  }

  /**
   * A successful answer whose body is read as it comes, for as long as that takes; on a stream of its own, beside all other requests. Throws as
   * `call` does.
   */
  async open(request: EngineRequest): Promise<{ readonly stream: Readable; readonly close: () => void }> {
    const { signal } = request;
    const agent = new EngineAgent(() => this.#open());
    const over = new AbortController();
    let response: IncomingMessage | undefined;
    const close = (): void => {
      over.abort();
      response?.destroy();
      agent.destroy();
    };
    try {
      const { apiVersion } = await this.#identify();
      const path = `/v${apiVersion}${request.path}?${new URLSearchParams(request.query).toString()}`;
      response = await new Promise<IncomingMessage>((resolve, reject) => {
        const outgoing = httpRequest({ agent, host: 'docker', method: request.method, path });
        const fail = (error: unknown): void => {
          reject(asError(error));
          outgoing.destroy();
          response?.destroy();
        };
        const head = new AbortController();
        this.#patience(60_000, head.signal, fail);
        outgoing.on('error', fail);
        outgoing.once('close', () => head.abort());
        outgoing.once('response', (answer) => {
          head.abort();
          resolve(answer);
        });
        if (signal?.aborted === true) fail(signal.reason);
        signal?.addEventListener('abort', () => fail(signal.reason), { signal: over.signal });
        outgoing.end();
      });
      if ((response.statusCode ?? 0) >= 300) throw this.failure(await receive(response, undefined, () => 0));
      return { stream: response, close };
    } catch (error) {
      close();
      throw this.#explain(error, signal);
    }
  }

  /** For an answer that ended before its end. */
  brokenOff(cause: unknown): AdfError {
    const reason =
      cause instanceof Error && cause.message !== 'aborted' ? cause.message : 'its answer broke off';
    return this.#unreachable(reason);
  }

  /** An answer as the error that it is. */
  failure(answer: EngineAnswer): AdfError {
    return dockerApi(this.host, answer.status, this.messageOf(answer));
  }

  /** The Engine's own words. */
  messageOf({ body }: EngineAnswer): string {
    const text = body.toString().trim();
    const parsed = z.object({ message: z.string() }).safeParse(parseJson(text));
    return parsed.success ? parsed.data.message.trim() : text;
  }

  /** The body of a successful answer. */
  async read<T>(schema: z.ZodType<T>, request: EngineRequest): Promise<T> {
    return this.parse(schema, await this.call(request));
  }

  parse<T>(schema: z.ZodType<T>, answer: EngineAnswer): T {
    const parsed = schema.safeParse(parseJson(answer.body.toString()));
    if (parsed.success) return parsed.data;
    throw dockerApi(
      this.host,
      answer.status,
      `what it says cannot be read: ${z.prettifyError(parsed.error)}`,
    );
  }

  /**
   * For when the Engine said that something failed: one that was asked to end takes no new connection, and on those that it has it fails
   * whatever it cannot do any more. Measured with Docker 20.10: a start with "failed to update store for object type *libnetwork.endpoint", a
   * pull with "error creating lease". Throws `docker.unreachable` then, and the transport's errors.
   */
  async requireStaying(failure: string): Promise<void> {
    const anew = new EngineAgent(() => this.#dial());
    try {
      await this.#exchange('/_ping', { method: 'GET', path: '/_ping' }, anew);
    } catch (error) {
      const explained = this.#explain(error, undefined);
      const isEnding = explained instanceof AdfError && explained.code === 'docker.unreachable';
      throw isEnding ? this.#unreachable(`it was ending when it said: ${failure}`) : explained;
    } finally {
      anew.destroy();
    }
  }

  #identify(): Promise<EngineIdentity> {
    if (this.#identity !== undefined) return this.#identity;
    const asked = this.#negotiate();
    this.#identity = asked;
    asked.catch(() => {
      if (this.#identity === asked) this.#identity = undefined;
    });
    return asked;
  }

  async #negotiate(): Promise<EngineIdentity> {
    const ask = (): Promise<EngineAnswer> => this.#exchange('/version', { method: 'GET', path: '/version' });
    const answer = await ask().catch(unlessStale(ask));
    if (answer.status !== 200) throw this.failure(answer);
    const identity = negotiate(this.host, this.parse(versionAnswer, answer), answer.server);
    this.#hasAnswered = true;
    return identity;
  }

  async #askOrAgain(request: EngineRequest): Promise<EngineAnswer> {
    const ask = async (): Promise<EngineAnswer> => {
      const { apiVersion } = await this.#identify();
      return this.#exchange(`/v${apiVersion}${request.path}`, request);
    };
    try {
      // What only reads can safely be asked again.
      return await (request.method === 'GET' ? ask().catch(unlessStale(ask)) : ask());
    } catch (error) {
      throw this.#explain(error, request.signal);
    }
  }

  #exchange(path: string, request: EngineRequest, agent = this.#agent): Promise<EngineAnswer> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const query = new URLSearchParams(request.query).toString();
    const over = new AbortController();
    return new Promise<EngineAnswer>((resolve, reject) => {
      const outgoing = httpRequest({
        agent,
        host: 'docker',
        method: request.method,
        path: query === '' ? path : `${path}?${query}`,
        headers: {
          ...(request.input === undefined ? {} : { connection: 'Upgrade', upgrade: 'tcp' }),
          ...request.headers,
          ...(body === undefined
            ? { 'content-length': '0' }
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
        },
      });
      const fail = (error: unknown): void => {
        if (outgoing.reusedSocket && isReset(error)) {
          this.#identity = undefined;
          reject(new Stale());
        } else reject(asError(error));
        outgoing.destroy();
      };
      const patience = this.#patience(request.patience ?? 60_000, over.signal, fail);
      outgoing.on('error', fail);
      outgoing.once('response', (response) => {
        receive(response, request.onLine, patience.heard).then(resolve, fail);
      });
      outgoing.once('upgrade', (response, socket, head) => {
        receiveRaw(response, socket, head, request.input ?? '', patience.heard).then(resolve, fail);
      });
      if (request.signal?.aborted === true) fail(request.signal.reason);
      request.signal?.addEventListener('abort', () => fail(request.signal?.reason), { signal: over.signal });
      outgoing.end(body);
    }).finally(() => over.abort());
  }

  /** Calls `lose` when nothing was heard for too long. */
  #patience(
    limit: Milliseconds,
    over: AbortSignal,
    lose: (error: unknown) => void,
  ): { readonly heard: () => void } {
    let last = this.clock.elapsed();
    const watch = async (): Promise<void> => {
      while (!over.aborted) {
        const silent = this.clock.elapsed() - last;
        if (silent >= limit) {
          lose(this.#unreachable(`it said nothing for ${limit / 1_000} s`));
          return;
        }
        await this.clock.sleep(limit - silent, over).catch(() => undefined);
      }
    };
    void watch();
    return { heard: () => (last = this.clock.elapsed()) };
  }

  async #open(): Promise<Duplex> {
    const stream = await this.#dial();
    this.#openStreams += 1;
    stream.once('close', () => {
      this.#openStreams -= 1;
      if (this.#openStreams === 0) this.#identity = undefined;
    });
    return stream;
  }

  async #dial(): Promise<Duplex> {
    const connection = await this.transport.connect(this.host);
    const { sudo, socket } = this.host.docker;
    const named = socketOf(this.host.docker);
    if (socket !== undefined && sudo !== true) return connection.forward({ socketPath: socket });
    const address = named === undefined ? [] : ['-H', `unix://${named}`];
    const docker = ['docker', ...address, 'system', 'dial-stdio'];
    return connection.stream(docker, { become: sudo === true });
  }

  #explain(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true && error === signal.reason) return error;
    if (error instanceof AdfError) {
      const engineItself = error.code === 'command.ended' || error.code.startsWith('ssh.forwarding_');
      return engineItself ? this.#unreachable(error.message) : error;
    }
    return this.#unreachable(error instanceof Error ? error.message : String(error));
  }

  #unreachable(reason: string): AdfError {
    return dockerUnreachable(this.host, reason, { hasAnswered: this.#hasAnswered });
  }
}

/** The kept stream turned out to be closed. */
class Stale extends Error {
  override readonly message = 'it closed the stream that was kept open to it';
}

/** Asks again when the kept stream had ended before the request was sent. */
const unlessStale =
  (ask: () => Promise<EngineAnswer>) =>
  (error: unknown): Promise<EngineAnswer> => {
    if (error instanceof Stale) return ask();
    throw error;
  };

const isReset = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
