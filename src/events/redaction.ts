import { AdfError, AdfErrors } from '../errors/adf-error.js';
import { defined } from '../model/defined.js';
import { isLongEnough, Secret } from '../model/secret.js';
import type { FoundSecrets } from '../model/secret-hashes.js';
import type { SecretKeeper, StreamRedaction } from '../ports/secret-keeper.js';
import { formsAtCuts, mayBeCut, type Span } from './cut-forms.js';
import { FormSearch } from './form-search.js';
import { formsOf } from './secret-forms.js';
import { BytesRedaction } from './stream-redaction.js';

/** What stands for a secret in all that is told and written down. */
export const mask = '***';

/**
 * Takes known secrets out of whatever passes by: every string inside, the keys of objects and errors included, in each
 * form in which a secret is likely to travel (see `formsOf`). Without secrets it hands everything through untouched.
 */
export class Redaction implements SecretKeeper {
  readonly #values = new Map<string, KnownSecret>();
  readonly #forms = new Set<string>();
  readonly #names = new Set<string>();
  /** Secrets that are not masked, with their names. */
  readonly #short = new Map<string, Set<string>>();
  readonly #unmasked = new Map<string, 'told' | 'untold'>();
  #unmaskedListener: ((name: string) => void) | undefined;
  /** Made when it is needed: undefined after each new form. */
  #pattern: RegExp | undefined;
  /** Finds whether any form is in a text. It is quicker than to look for all of them, and most texts have none. */
  #any: RegExp | undefined;
  #search: FormSearch | undefined;

  /**
   * From now on this value is shown as `***`. One that is shorter than `shortestSecret` is too common in other text: it is not masked, and
   * `onUnmasked` is told its name.
   */
  add(secret: Secret, name = 'without a name'): void {
    const value = secret.reveal();
    if (value === '') return;
    if (!isLongEnough(value)) {
      this.#addShort(value, name);
      return;
    }
    const known = this.#values.get(value);
    if (known !== undefined) {
      known.names.add(name);
      return;
    }
    const forms = formsOf(value);
    this.#values.set(value, { names: new Set([name]), forms });
    for (const form of forms) this.#forms.add(form);
    this.#pattern = undefined;
    this.#any = undefined;
    this.#search = undefined;
  }

  /** Registers the reader of the names of secrets that are not masked. It gets each name once, the earlier ones first. */
  onUnmasked(listener: (name: string) => void): void {
    this.#unmaskedListener = listener;
    this.#tellUnmasked();
  }

  #addShort(value: string, name: string): void {
    this.#short.set(value, (this.#short.get(value) ?? new Set()).add(name));
    if (!this.#unmasked.has(name)) this.#unmasked.set(name, 'untold');
    this.#tellUnmasked();
  }

  #tellUnmasked(): void {
    if (this.#unmaskedListener === undefined) return;
    for (const [name, told] of this.#unmasked) {
      if (told === 'told') continue;
      this.#unmasked.set(name, 'told');
      this.#unmaskedListener(name);
    }
  }

  /** A redaction of its own for each stream of bytes; it knows what was added before and what is added while it flows. */
  stream(): StreamRedaction {
    return new BytesRedaction(() => this.#searchForms());
  }

  #searchForms(): FormSearch | undefined {
    if (this.#forms.size === 0) return undefined;
    this.#search ??= new FormSearch(Array.from(this.#forms, (form) => Buffer.from(form)));
    return this.#search;
  }

  isIn(value: unknown): boolean {
    return this.redact(value) !== value || this.#hasShortIn(value);
  }

  /** Fewer than four characters are a word of many arguments. */
  #hasShortIn(value: unknown): boolean {
    const short = [...this.#short.keys()].filter((text) => text.length >= 4);
    if (short.length === 0) return false;
    const word = wordOf(short);
    return textsIn(value).some((text) => word.test(text));
  }

  secretsIn(value: unknown): FoundSecrets {
    const all = textsWithin(value);
    const texts = all.filter((text) => this.isIn(text));
    const found = new Map<string, string[]>();
    const add = (names: Iterable<string>, secret: string): void => {
      for (const name of names) found.set(name, [...(found.get(name) ?? []), secret]);
    };
    for (const [secret, { names, forms }] of this.#values) {
      if (texts.some((text) => forms.some((form) => text.includes(form)))) add(names, secret);
    }
    for (const [secret, names] of this.#short) {
      const isWord = secret.length >= 4 ? wordOf([secret]) : undefined;
      if (all.some((text) => text === secret || isWord?.test(text) === true)) add(names, secret);
    }
    return found;
  }

  hideLinesOf(names: Iterable<string>): void {
    for (const name of names) this.#names.add(name);
  }

  /** A line of a user's file: what it gives to a secret variable is hidden, known or not. */
  redactSourceLine(line: string): string {
    const names = [...this.#names].join('|');
    const giving = new RegExp(`(^|[^A-Za-z0-9_])((?:${names})["']?\\s*[:=]\\s*)\\S.*`);
    return this.redactText(names === '' ? line : line.replace(giving, `$1$2${mask}`));
  }

  redactText(text: string): string {
    if (this.#forms.size === 0) return text;
    this.#any ??= new RegExp([...this.#forms].map(escapePattern).join('|'));
    if (!this.#any.test(text) && !mayBeCut(text)) return text;
    this.#pattern ??= alternatives(this.#forms);
    let redacted = text;
    // Once more as long as it helps: a mask and its neighbours may spell a secret made of asterisks. Each pass
    // shortens the text, since a form is longer than its mask.
    for (;;) {
      const next = maskAll(redacted, this.#pattern, this.#forms);
      if (next === redacted) return redacted;
      redacted = next;
    }
  }

  /** The same value without secrets: the very same object when there was nothing to take out. */
  redact<T>(value: T): T;
  redact(value: unknown): unknown {
    return this.#forms.size === 0 && this.#names.size === 0 ? value : this.#visit(value, new Map());
  }

  #visit(value: unknown, seen: Map<object, unknown>): unknown {
    if (typeof value === 'string') return this.redactText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Secret) return mask;
    if (seen.has(value)) return seen.get(value);
    // Until it is known better, and for a cycle for good: the text is gone rather than shown.
    seen.set(value, mask);
    const visited = this.#visitObject(value, seen);
    seen.set(value, visited);
    return visited;
  }

  #visitObject(value: object, seen: Map<object, unknown>): unknown {
    if (Array.isArray(value)) return this.#visitArray(value, seen);
    if (value instanceof AdfErrors) return this.#visitErrors(value, seen);
    if (value instanceof AdfError) return this.#visitError(value, seen);
    if (value instanceof Error) return this.#visitForeignError(value, seen);
    if (value instanceof Map) {
      return new Map([...value].map(([key, item]) => [this.#visit(key, seen), this.#visit(item, seen)]));
    }
    if (value instanceof Set) return new Set([...value].map((item) => this.#visit(item, seen)));
    if (value instanceof Uint8Array) {
      const text = Buffer.from(value).toString('utf8');
      return this.redactText(text) === text ? value : mask;
    }
    return this.#visitRecord(value, seen);
  }

  #visitArray(items: readonly unknown[], seen: Map<object, unknown>): readonly unknown[] {
    const visited = items.map((item) => this.#visit(item, seen));
    return visited.some((item, index) => item !== items[index]) ? visited : items;
  }

  #visitRecord(value: object, seen: Map<object, unknown>): unknown {
    // What turns into text by a method of its own (a URL, a Date) is judged by that text.
    if (writesItself(value)) {
      const json = value.toJSON();
      const visited = this.#visit(json, seen);
      return visited === json ? value : visited;
    }
    const entries = Object.entries(value).map(([key, item]): readonly [string, unknown, boolean] => {
      const [safeKey, safeItem] = [this.redactText(key), this.#visit(item, seen)];
      return [safeKey, safeItem, safeKey !== key || safeItem !== item];
    });
    if (!entries.some(([, , changed]) => changed)) return value;
    const copy = Object.fromEntries(entries.map(([key, item]) => [key, item]));
    return Object.setPrototypeOf(copy, Reflect.getPrototypeOf(value));
  }

  #visitErrors(errors: AdfErrors, seen: Map<object, unknown>): AdfErrors {
    const [first, ...rest] = errors.errors;
    const visited = new AdfErrors(
      [this.#visitError(first, seen), ...rest.map((error) => this.#visitError(error, seen))],
      errors.class,
    );
    return this.#withStackOf(visited, errors);
  }

  #visitError(error: AdfError, seen: Map<object, unknown>): AdfError {
    const { at, sourceLine, host, task, phase, hint, cause } = error;
    const visited = new AdfError({
      code: error.code,
      class: error.class,
      message: this.redactText(error.message),
      ...(at === undefined ? {} : { at: { ...at, file: this.redactText(at.file) } }),
      ...(sourceLine === undefined ? {} : { sourceLine: this.redactSourceLine(sourceLine) }),
      ...(host === undefined ? {} : { host: this.redactText(host) }),
      ...(task === undefined ? {} : { task: this.redactText(task) }),
      ...defined({ phase }),
      ...(hint === undefined ? {} : { hint: this.redactText(hint) }),
      ...(cause === undefined ? {} : { cause: this.#visit(cause, seen) }),
    });
    return this.#withStackOf(visited, error);
  }

  #visitForeignError(error: Error, seen: Map<object, unknown>): Error {
    const visited = new Error(this.redactText(error.message), {
      ...(error.cause === undefined ? {} : { cause: this.#visit(error.cause, seen) }),
    });
    visited.name = error.name;
    return this.#withStackOf(visited, error);
  }

  /** A stack repeats the message, and may hold a secret of its own. */
  #withStackOf<E extends Error>(copy: E, original: Error): E {
    if (original.stack !== undefined) copy.stack = this.redactText(original.stack);
    return copy;
  }
}

interface KnownSecret {
  readonly names: Set<string>;
  /** See `formsOf`. */
  readonly forms: readonly string[];
}

const wordOf = (texts: readonly string[]): RegExp =>
  new RegExp(`(?<![A-Za-z0-9])(?:${texts.map(escapePattern).join('|')})(?![A-Za-z0-9])`);

/** All texts of lists and mappings, however deep. */
const textsWithin = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsWithin) : [];
};

const writesItself = (value: object): value is { toJSON(): unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function';

/**
 * One pattern for all, the longest first, so that a secret inside a secret does not leave its ends behind. It looks ahead and takes nothing,
 * so that forms which overlap are all found.
 */
function alternatives(forms: ReadonlySet<string>): RegExp {
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return new RegExp(`(?=(${longestFirst.map(escapePattern).join('|')}))`, 'g');
}

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Forms that overlap become one mask, as in a stream of bytes. */
function maskAll(text: string, pattern: RegExp, forms: ReadonlySet<string>): string {
  const whole = Array.from(text.matchAll(pattern), ({ index, 1: form = '' }): Span => ({
    start: index,
    end: index + form.length,
  }));
  let shown = '';
  let done = 0;
  for (const { start, end } of inOrder(whole, formsAtCuts(text, forms))) {
    if (start >= done) shown += text.slice(done, start) + mask;
    done = Math.max(done, end);
  }
  return done === 0 ? text : shown + text.slice(done);
}

const inOrder = (spans: readonly Span[], more: readonly Span[]): readonly Span[] =>
  more.length === 0 ? spans : [...spans, ...more].sort((a, b) => a.start - b.start);

/** All texts of a list, however deep. */
const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.flatMap(textsIn) : [];
