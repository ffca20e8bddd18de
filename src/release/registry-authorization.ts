import { registryMalformed } from '../errors/registry.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { RegistryCredentials, RegistryCredentialSource } from '../ports/registry.js';
import { identityTokenUser } from './docker-config.js';
import { isSuccess, problemIn, type HttpAnswer, type HttpQuestion } from './http-exchange.js';

/** One way to authenticate that a server offers. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** A scheme at the start of a challenge, or `name=value`, where the value may be quoted. */
const part =
  /\s*(?:(?<name>[\w-]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^\s,"]+))|(?<scheme>[\w-]+)(?=[\s,]|$))\s*,?/y;

/** Reads a WWW-Authenticate header, which may hold several challenges. Source: RFC 9110, section 11.6.1. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  part.lastIndex = 0;
  for (let match = part.exec(header); match !== null; match = part.exec(header)) {
    const { name, quoted, bare, scheme } = match.groups ?? {};
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else if (name !== undefined) {
      const value = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '';
      challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
    }
    if (part.lastIndex >= header.length) break;
  }
  return challenges;
}

export interface AuthorizationOptions {
  readonly registry: string;
  /** Plain HTTP is allowed. */
  readonly insecure: boolean;
  readonly clock: Clock;
  readonly credentials: RegistryCredentialSource;
  readonly fetchToken: (url: string, question: HttpQuestion) => Promise<HttpAnswer>;
}

export interface Authorization {
  /** Secret: for the header and nothing else. */
  readonly header: string;
  /** Absent when this needs no login. */
  readonly username: string | undefined;
}

/** The token server does not let this login have a token. */
export interface Refusal {
  readonly refusal: HttpAnswer;
  /** Absent when it was asked without credentials. */
  readonly username: string | undefined;
}

/** A token without a lifetime lives this long. Source: distribution's token authentication specification. */
const defaultLifetime = 60;

/** Answers a registry's challenges: Basic, or Bearer by the token server it names. Tokens are kept while they last. */
export class RegistryAuthorization {
  readonly #granted = new Map<string, Authorization & { readonly until: Milliseconds }>();

  constructor(private readonly options: AuthorizationOptions) {}

  /** What was granted for this repository before, so that most requests need one round trip. */
  known(repository: string): Authorization | undefined {
    const granted = this.#granted.get(repository);
    return granted !== undefined && granted.until > this.options.clock.elapsed() ? granted : undefined;
  }

  /** Undefined when the challenge cannot be met without credentials. */
  async grant(repository: string, header: string): Promise<Authorization | Refusal | undefined> {
    this.#granted.delete(repository);
    const challenges = parseChallenges(header);
    const credentials = await this.options.credentials.credentials(this.options.registry);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer !== undefined) return this.#bearer(repository, bearer, credentials);
    const basic = challenges.find(({ scheme }) => scheme === 'basic');
    if (basic === undefined || credentials === undefined) return undefined;
    return this.#keep(repository, basicHeader(credentials), credentials, Infinity);
  }

  async #bearer(
    repository: string,
    { parameters }: Challenge,
    credentials: RegistryCredentials | undefined,
  ): Promise<Authorization | Refusal> {
    const realm = this.#realm(parameters.get('realm'));
    const scope = parameters.get('scope') ?? `repository:${repository}:pull`;
    const answer = await this.#askTokenServer(realm, parameters.get('service'), scope, credentials);
    if (answer.status === 401 || answer.status === 403)
      return { refusal: answer, username: credentials?.username };
    const token = isSuccess(answer) ? readToken(answer.bytes) : undefined;
    if (token === undefined) {
      const said = problemIn(answer);
      throw registryMalformed(
        realm.host,
        `status ${answer.status} and no token for ${this.options.registry}${said === undefined ? '' : ` (${said})`}`,
      );
    }
    return this.#keep(repository, `Bearer ${token.value}`, credentials, token.lifetime);
  }

  #askTokenServer(
    realm: URL,
    service: string | undefined,
    scope: string,
    credentials: RegistryCredentials | undefined,
  ): Promise<HttpAnswer> {
    const question = new URLSearchParams({ ...defined({ service }), scope });
    if (credentials?.username === identityTokenUser) {
      question.set('grant_type', 'refresh_token');
      question.set('client_id', 'adfpush');
      question.set('refresh_token', credentials.password.reveal());
      return this.options.fetchToken(realm.href, { method: 'POST', body: question });
    }
    for (const [name, value] of question) realm.searchParams.set(name, value);
    return this.options.fetchToken(realm.href, {
      method: 'GET',
      headers: credentials === undefined ? {} : { authorization: basicHeader(credentials) },
    });
  }

  /** A registry behind TLS must not make us send a password in the clear. */
  #realm(text: string | undefined): URL {
    const realm = URL.parse(text ?? '');
    const safe = realm?.protocol === 'https:' || (realm?.protocol === 'http:' && this.options.insecure);
    if (realm === null || !safe) {
      throw registryMalformed(this.options.registry, `it names the token server "${text ?? ''}"`);
    }
    return realm;
  }

  #keep(
    repository: string,
    header: string,
    credentials: RegistryCredentials | undefined,
    lifetime: Milliseconds,
  ): Authorization {
    const username = credentials?.username;
    // Some time before the end, so that none expires on its way.
    const until = this.options.clock.elapsed() + lifetime * 0.9;
    this.#granted.set(repository, { header, username, until });
    return { header, username };
  }
}

const basicHeader = ({ username, password }: RegistryCredentials): string =>
  `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`;

function readToken(
  bytes: Uint8Array,
): { readonly value: string; readonly lifetime: Milliseconds } | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(answer));
  // Some servers write one of the two, and leave the other empty.
  const value = fields.get('token') || fields.get('access_token');
  const lifetime = fields.get('expires_in');
  if (typeof value !== 'string' || value === '') return undefined;
  return { value, lifetime: (typeof lifetime === 'number' ? lifetime : defaultLifetime) * 1_000 };
}
