import { badVariableName, wrongKeywordValue } from '../errors/playbook.js';
import type { AdfError, ErrorPlace } from '../errors/adf-error.js';
import { parseCondition, type Expression } from '../expression/condition.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { locateThrough, placeInScalar } from '../expression/place.js';
import { checkTemplates, mayBeTemplate } from '../expression/templates.js';
import { parseDuration, type Milliseconds } from '../model/duration.js';
import { locateWithin, type Locate, type Place, type ValuePath } from '../model/source.js';
import { faultOfVariableName } from '../model/variable-name.js';
import type { PlaybookDocument } from './document.js';
import type { Raw } from './playbook.js';

/**
 * Reads the keywords of one play or task. A value that does not fit is reported to the document, and a harmless one
 * returned, so that all that is wrong with a file is told at once.
 */
export class MappingReader {
  readonly #document: PlaybookDocument;
  readonly #mapping: Readonly<Record<string, unknown>>;
  readonly #path: ValuePath;

  constructor(document: PlaybookDocument, mapping: Readonly<Record<string, unknown>>, path: ValuePath) {
    this.#document = document;
    this.#mapping = mapping;
    this.#path = path;
  }

  get keys(): readonly string[] {
    return Object.keys(this.#mapping);
  }

  pathOf(key: string): ValuePath {
    return [...this.#path, key];
  }

  /** Where the mapping stands. */
  get at(): Place {
    return this.#document.placeAt(this.#path);
  }

  /** Locates by the path from the mapping. */
  get locate(): Locate {
    return locateWithin(this.#document.locate, this.#path);
  }

  placeOf(key: string): ErrorPlace {
    return this.#document.placeOf(this.pathOf(key));
  }

  placeOfKey(key: string): ErrorPlace {
    return this.#document.placeOfKey(this.pathOf(key));
  }

  /** Reads the mapping below a keyword; one that is none, which is reported, has no keys. */
  within(key: string): MappingReader {
    return new MappingReader(this.#document, this.mapping(key).value, this.pathOf(key));
  }

  /** Undefined when the keyword is absent, or stands there with nothing behind it. */
  value(key: string): unknown {
    return Object.hasOwn(this.#mapping, key) ? (this.#mapping[key] ?? undefined) : undefined;
  }

  /** Reads a value; undefined when it is absent or when `read` says that it is not what was `expected`. */
  read<T>(
    key: string,
    expected: string,
    read: (value: unknown) => T | undefined,
    hint?: string,
  ): T | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const result = read(value);
    if (result === undefined) this.#wrong(key, expected, value, hint);
    return result;
  }

  /** Any value, with templates in it that are checked but not rendered. */
  raw(key: string): Raw | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : this.#rawOf(key, value);
  }

  mapping(key: string): Raw<Readonly<Record<string, unknown>>> {
    const value = this.read(key, 'a mapping', (given) => (isMapping(given) ? given : undefined)) ?? {};
    return this.#rawOf(key, value);
  }

  /** A mapping whose keys are names of variables. */
  variables(key: string): Raw<Readonly<Record<string, unknown>>> {
    const raw = this.mapping(key);
    for (const name of Object.keys(raw.value)) this.#checkName(name, key, [...this.pathOf(key), name]);
    return raw;
  }

  /** The name of one variable. */
  variableName(key: string): string | undefined {
    const name = this.text(key);
    if (name !== undefined) this.#checkName(name, key, this.pathOf(key));
    return name;
  }

  text(key: string): string | undefined {
    return this.read(key, 'text', (value) =>
      typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined,
    );
  }

  /** Text that may hold templates. */
  rawText(key: string): Raw<string> | undefined {
    const value = this.text(key);
    return value === undefined ? undefined : this.#rawOf(key, value);
  }

  /** One text or a list of them, in templates or not. */
  rawTexts(key: string): Raw<readonly string[]> {
    const value = this.value(key);
    const texts = this.#texts(key, (text) => [text]);
    const raw = this.#rawOf(key, texts);
    if (Array.isArray(value)) return raw;
    // A single text stands at the keyword itself, where its list would have it at an index.
    return { value: texts, locate: locateThrough(raw.locate, (path) => path.slice(1)) };
  }

  /** `a,b`, or a list. */
  words(key: string): readonly string[] {
    return this.#texts(key, (text) => text.split(',').map((word) => word.trim())).filter(
      (word) => word !== '',
    );
  }

  boolean(key: string, absent: boolean): boolean {
    const hint = yesOrNo(this.value(key));
    const read = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
    return this.read(key, 'true or false', read, hint) ?? absent;
  }

  wholeNumber(key: string): number | undefined {
    return this.read(key, 'a whole number', (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
    );
  }

  duration(key: string): Milliseconds | undefined {
    return this.read(
      key,
      'a duration',
      (value) => (typeof value === 'number' || typeof value === 'string' ? parseDuration(value) : undefined),
      'Write it like 90s, 5m or 1h30m; a bare number is seconds.',
    );
  }

  oneOf<const T extends string>(key: string, choices: readonly T[]): T | undefined {
    const read = (value: unknown): T | undefined => choices.find((choice) => choice === value);
    return this.read(key, `one of ${choices.join(', ')}`, read);
  }

  /** One condition or a list of which all must hold; `true` and `false` are conditions too. */
  conditions(key: string): readonly Expression[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) return this.#condition(key, value, this.pathOf(key));
    return value.flatMap((one: unknown, index) => this.#condition(key, one, [...this.pathOf(key), index]));
  }

  condition(key: string): Expression | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : this.#condition(key, value, this.pathOf(key))[0];
  }

  report(error: AdfError): void {
    this.#document.diagnostics.report(error);
  }

  #condition(key: string, value: unknown, path: ValuePath): readonly Expression[] {
    if (typeof value !== 'string' && typeof value !== 'boolean') {
      this.#wrong(key, 'a condition', value, 'Conditions are CEL: result.rc == 0.', path);
      return [];
    }
    const source = String(value).trim();
    const placeOf =
      typeof value === 'string' ? placeInScalar(this.#document.locate, path, source) : undefined;
    const at = this.#document.placeAt(path);
    return this.#document.diagnostics.collect(() => [parseCondition(source, at, placeOf)]) ?? [];
  }

  #rawOf<T>(key: string, value: T): Raw<T> {
    this.#document.diagnostics.collect(() => {
      checkTemplates(value, locateWithin(this.#document.locate, this.pathOf(key)));
    });
    return { value, locate: locateWithin(this.#document.locate, this.pathOf(key)) };
  }

  #texts(key: string, read: (text: string) => readonly string[]): readonly string[] {
    const value = this.value(key);
    if (value === undefined) return [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    return list.flatMap((one, index) => {
      if (typeof one === 'string' && one !== '') return read(one);
      const path = Array.isArray(value) ? [...this.pathOf(key), index] : this.pathOf(key);
      this.#wrong(key, 'text or a list of texts', one, undefined, path);
      return [];
    });
  }

  #checkName(name: string, key: string, path: ValuePath): void {
    const fault = faultOfVariableName(name);
    if (fault !== undefined) this.report(badVariableName(name, key, fault, this.#document.placeOfKey(path)));
  }

  #wrong(key: string, expected: string, given: unknown, hint?: string, path = this.pathOf(key)): void {
    const place = this.#document.placeOf(path);
    const template = typeof given === 'string' && mayBeTemplate(given);
    const reason =
      hint ?? (template ? 'No template can stand here: it is read before there are variables.' : undefined);
    this.report(wrongKeywordValue(key, expected, describeValue(given), place, reason));
  }
}

/** What to say of a word that was a boolean in YAML 1.1. */
export const yesOrNo = (given: unknown): string | undefined =>
  typeof given === 'string' && /^(yes|no|on|off)$/i.test(given)
    ? `In YAML 1.2 ${given} is text: write ${/^(yes|on)$/i.test(given) ? 'true' : 'false'}.`
    : undefined;
