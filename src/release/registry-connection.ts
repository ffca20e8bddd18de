import { registryStumbles, registryUnavailable } from '../errors/registry.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { retry, type Clock, type Random } from '../ports/clock.js';
import type { RegistryCredentialSource } from '../ports/registry.js';
import {
  exchange,
  problemIn,
  type HttpAnswer,
  type HttpQuestion,
  type NetworkFailure,
} from './http-exchange.js';
import { RegistryAuthorization } from './registry-authorization.js';

type Scheme = 'https' | 'http';

export interface ConnectionOptions {
  readonly credentials: RegistryCredentialSource;
  readonly insecureRegistries: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD';
  /** Below `/v2/`. */
  readonly path: string;
  /** Whose pull permission it needs. */
  readonly repository: string;
  readonly accept: string;
}

/** Any status is an answer. */
export interface Answer extends HttpAnswer {
  /** Who asked; absent when asked without credentials. */
  readonly username: string | undefined;
}

/** Docker Hub's API does not live where its images seem to come from. */
const apiHosts: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/** As long as anything is given before a run changes something: one connection timeout. */
const patience: Milliseconds = 15_000;
/** The longest wait that a registry may ask for by Retry-After. */
const longestWait: Milliseconds = 30_000;

/** One registry, spoken to with the right scheme and credentials, and asked again when it stumbles. */
export class RegistryConnection {
  readonly #authorization: RegistryAuthorization;
  readonly #host: string;
  /** As Docker does it: TLS first, and plain HTTP only where allowed. The first that answers stays. */
  #schemes: readonly [Scheme, fallback?: Scheme];

  constructor(
    private readonly registry: string,
    private readonly options: ConnectionOptions,
  ) {
    const insecure = isLoopback(registry) || options.insecureRegistries.includes(registry);
    this.#host = apiHosts[registry] ?? registry;
    this.#schemes = insecure ? ['https', 'http'] : ['https'];
    this.#authorization = new RegistryAuthorization({
      registry,
      insecure,
      clock: options.clock,
      credentials: options.credentials,
      fetchToken: (url, question) => this.#retrying(() => exchange(options.clock, url, question)),
    });
  }

  /** Throws `registry.unavailable`, and what getting credentials throws. */
  ask(request: RegistryRequest): Promise<Answer> {
    return this.#answerTo(request, (question) =>
      this.#retrying(() => this.#sendByScheme(request.path, question)),
    );
  }

  /** The same, but what is sent is not sent again. Undefined when no answer comes. */
  async askOnce(request: RegistryRequest): Promise<Answer | undefined> {
    const noAnswer = new Error('no answer');
    try {
      return await this.#answerTo(request, async (question) => {
        const outcome = await this.#sendByScheme(request.path, question);
        if (outcome.kind === 'answer') return outcome;
        throw noAnswer;
      });
    } catch (error) {
      if (error === noAnswer) return undefined;
      throw error;
    }
  }

  async #answerTo(
    { method, repository, accept }: RegistryRequest,
    send: (question: HttpQuestion) => Promise<HttpAnswer>,
  ): Promise<Answer> {
    const sendWith = (authorization?: string): Promise<HttpAnswer> =>
      send({ method, headers: { accept, ...defined({ authorization }) } });
    const known = this.#authorization.known(repository);
    const first = await sendWith(known?.header);
    if (first.status !== 401) return { ...first, username: known?.username };
    const challenge = first.headers.get('www-authenticate') ?? '';
    const granted = await this.#authorization.grant(repository, challenge);
    if (granted === undefined) return { ...first, username: undefined };
    const { username } = granted;
    return 'refusal' in granted
      ? { ...granted.refusal, username }
      : { ...(await sendWith(granted.header)), username };
  }

  async #sendByScheme(path: string, question: HttpQuestion): Promise<HttpAnswer | NetworkFailure> {
    const [scheme, fallback] = this.#schemes;
    const outcome = await exchange(this.options.clock, `${scheme}://${this.#host}/v2/${path}`, question);
    if (outcome.kind === 'answer') this.#schemes = [scheme];
    if (outcome.kind === 'answer' || outcome.untrusted || fallback === undefined) return outcome;
    const other = await exchange(this.options.clock, `${fallback}://${this.#host}/v2/${path}`, question);
    if (other.kind === 'answer') this.#schemes = [fallback];
    return other;
  }

  async #retrying(send: () => Promise<HttpAnswer | NetworkFailure>): Promise<HttpAnswer> {
    const { clock, random } = this.options;
    let last: HttpAnswer | NetworkFailure | undefined;
    return retry(
      async () => {
        last = await send();
        if (last.kind === 'answer' && last.status < 500 && last.status !== 429) return last;
        throw this.#unavailable(last);
      },
      {
        clock,
        random,
        patience,
        mayPass: () => last?.kind === 'answer' || last?.untrusted === false,
        wanted: () => (last?.kind === 'answer' ? retryAfter(last) : undefined),
      },
    );
  }

  #unavailable(outcome: HttpAnswer | NetworkFailure): Error {
    if (outcome.kind === 'answer') {
      return registryStumbles(this.registry, outcome.status, problemIn(outcome));
    }
    return registryUnavailable(
      this.registry,
      outcome.reason,
      outcome.untrusted
        ? "Its certificate is not trusted here: give its authority's certificate in NODE_EXTRA_CA_CERTS."
        : undefined,
    );
  }
}

function retryAfter({ headers }: HttpAnswer): Milliseconds | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1_000, longestWait) : undefined;
}

/** Docker counts 127.0.0.0/8 and ::1 among its insecure registries. */
const isLoopback = (registry: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
