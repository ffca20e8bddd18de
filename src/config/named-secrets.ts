import type { ErrorPlace } from '../errors/adf-error.js';
import {
  noSuchSecret,
  secretFieldMissing,
  secretNotFetched,
  secretNotJson,
  secretNotScalar,
  secretUnusable,
} from '../errors/secrets.js';
import { isEncrypted } from '../model/environment-text.js';
import { isLongEnough, Secret } from '../model/secret.js';
import { UnknownValue } from '../model/unknown.js';
import type { SecretBackend, SecretContent } from '../ports/secret-backend.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';

/** Opens the backends of an environment, in the order in which they are asked. Called once, when the first secret is needed. */
export type OpenSecretBackends = () => Promise<readonly SecretBackend[]>;

/** What `{{ secret "name" "field" }}` means. */
export interface SecretLookup {
  /** The text; unknown where secrets are not fetched at all, as by `lint`. Throws `secret.*` at `place`. */
  get(name: string, fields: readonly string[], place: ErrorPlace): string | UnknownValue;
}

/** Where secrets are not fetched: every name may be right. */
export const unknownSecrets: SecretLookup = {
  get: (name) => new UnknownValue(`the secret "${name}" is fetched in a run`),
};

/**
 * The secrets that `{{ secret "name" }}` means. Each is fetched once in the life of the program, and only when something needs it;
 * what came is kept from being shown at once.
 */
export class NamedSecrets implements SecretLookup {
  readonly #keeper: SecretKeeper;
  readonly #open: OpenSecretBackends;
  #opened: Promise<readonly SecretBackend[]> | undefined;
  /** By name; undefined for a name that no backend knows. */
  readonly #known = new Map<string, SecretContent | undefined>();
  readonly #fetching = new Map<string, Promise<void>>();
  #asked: readonly SecretBackend[] = [];

  constructor(keeper: SecretKeeper, open: OpenSecretBackends) {
    this.#keeper = keeper;
    this.#open = open;
  }

  /**
   * Fetches those of the names that were not fetched yet, each from the first backend that has it. A name that none has is an error when
   * it is used, not here. Throws what the backends throw; what was not fetched then is asked for again next time.
   */
  async fetch(names: Iterable<string>): Promise<void> {
    const wanted = [...new Set(names)];
    const missing = wanted.filter((name) => !this.#fetching.has(name));
    if (missing.length > 0) {
      const fetching = this.#ask(missing);
      for (const name of missing) this.#fetching.set(name, fetching);
    }
    await Promise.all([...new Set(wanted.flatMap((name) => this.#fetching.get(name) ?? []))]);
  }

  /** All that was fetched, by name: what the backends gave, whatever templates took of it. For a digest, and not to be shown. */
  get contents(): ReadonlyMap<string, SecretContent | undefined> {
    return this.#known;
  }

  async #ask(names: readonly string[]): Promise<void> {
    try {
      const backends = await (this.#opened ??= this.#open());
      this.#asked = backends;
      let left = names;
      for (const backend of backends) {
        if (left.length === 0) break;
        const found = await backend.fetch(left);
        for (const [name, content] of found) this.#keep(name, content);
        left = left.filter((name) => !found.has(name));
      }
      for (const name of left) this.#known.set(name, undefined);
    } catch (error) {
      for (const name of names) if (!this.#known.has(name)) this.#fetching.delete(name);
      this.#opened = undefined;
      throw error;
    }
  }

  #keep(name: string, content: SecretContent): void {
    if (content.kind === 'text') this.#keeper.add(new Secret(content.text), name);
    this.#known.set(name, content);
  }

  /**
   * The text of a secret, or that of a field of it: `{{ secret "db" "password" }}` for a secret that is JSON, or a mapping of a sops file.
   * Throws `secret.unknown`, `secret.not_fetched`, `secret.field`, `secret.not_json`, `secret.not_scalar`, `secret.not_text`,
   * `secret.encrypted` and `secret.binary`, at `place`.
   */
  get(name: string, fields: readonly string[], place: ErrorPlace): string {
    if (!this.#known.has(name)) throw secretNotFetched(name, place);
    const content = this.#known.get(name);
    if (content === undefined) throw this.#unknown(name, place);
    if (content.kind === 'unusable') throw secretUnusable(name, content.why, place);
    const whole = [name, ...fields].join('.');
    const value =
      content.kind === 'document' || fields.length > 0
        ? dig(name, documentOf(name, content, place), fields, place)
        : content.text;
    if (value instanceof Uint8Array) throw secretUnusable(whole, 'binary', place);
    const text = scalar(value);
    if (text === undefined) throw secretNotScalar(whole, keysOf(value), place);
    if (isEncrypted(text)) throw secretUnusable(whole, 'encrypted', place);
    this.#keeper.add(new Secret(text), whole);
    // A program that gets the whole may print a part of it.
    if (content.kind === 'text' && fields.length === 0) this.#keepParts(text, whole);
    return text;
  }

  #keepParts(text: string, name: string): void {
    for (const part of textsIn(parseJson(text)).filter(isLongEnough))
      this.#keeper.add(new Secret(part), name);
  }

  #unknown(name: string, place: ErrorPlace): Error {
    const places = this.#asked.map((backend) => ({
      where: backend.description,
      as: backend.nameOf(name),
    }));
    return noSuchSecret(name, places, place);
  }
}

function documentOf(name: string, content: SecretContent & { kind: 'text' | 'document' }, place: ErrorPlace) {
  if (content.kind === 'document') return content.value;
  const value = parseJson(content.text);
  if (value === undefined) throw secretNotJson(name, place);
  return value;
}

function dig(name: string, value: unknown, fields: readonly string[], place: ErrorPlace): unknown {
  let current = value;
  const way = [name];
  for (const field of fields) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, field)) {
      throw secretFieldMissing(way.join('.'), field, keysOf(current), place);
    }
    current = Reflect.get(current, field);
    way.push(field);
  }
  return current;
}

const keysOf = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];

const scalar = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
      ? String(value)
      : undefined;

/** Numbers stay as they are written: an account or a key of many digits is no number that a computer can hold. Undefined when it is no JSON. */
function parseJson(text: string): unknown {
  try {
    const asWritten = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
      typeof value === 'number' ? (context?.source ?? value) : value;
    return JSON.parse(text, asWritten) as unknown;
  } catch {
    return undefined;
  }
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
