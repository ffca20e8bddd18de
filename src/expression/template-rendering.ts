import type { ErrorPlace } from '../errors/adf-error.js';
import { environmentValue } from '../errors/container-specs.js';
import {
  foundNothing,
  notAWord,
  notIterable,
  notText,
  nulByte,
  omittedInText,
  unquotable,
  wrongArgument,
} from '../errors/expression.js';
import { secretNotFetched } from '../errors/secrets.js';
import { environmentFault } from '../model/environment-text.js';
import { LazyMapping } from '../model/lazy-mapping.js';
import type { Lookups } from '../model/lookups.js';
import { Omit } from '../model/omit.js';
import { Secret } from '../model/secret.js';
import { UnknownValue } from '../model/unknown.js';
import { describeValue, isMapping } from './describe.js';
import type { PlaceOf } from './place.js';
import { isSafeUnquoted, quoteForShell, ShellContext } from './shell-quoting.js';
import {
  ArgumentProblem,
  isTruthy,
  NotFound,
  type Argument,
  type TemplateFunction,
} from './functions/function.js';
import { hideWithin, keepDerived, openWithin } from './secret-values.js';
import { namedSecret } from './functions/lookups.js';
import { templateFunctions } from './template-functions.js';
import { Missing, PathLookup, root, type Scope, type VariableLookup } from './template-scope.js';
import type { Template, TemplateExpression, TemplatePart } from './template-syntax.js';

/** The language that a template writes, and escapes for. */
export type Language = 'plain' | 'shell' | 'env_file';

/** One rendering of one template. */
export class Rendering {
  readonly #variables: VariableLookup;
  readonly #paths: PathLookup;
  readonly #placeOf: PlaceOf;
  readonly #language: Language;
  readonly #shell: ShellContext | undefined;
  #unknown: UnknownValue | undefined;
  #secret = false;
  #text = '';

  constructor(variables: VariableLookup, placeOf: PlaceOf, language: Language) {
    this.#variables = variables;
    this.#paths = new PathLookup(variables, placeOf);
    this.#placeOf = placeOf;
    this.#language = language;
    this.#shell = language === 'shell' ? new ShellContext() : undefined;
  }

  /**
   * The rendered value: of any type when the template is exactly one expression (but for the shell), else text. An
   * UnknownValue when one was used, a Secret when one was used.
   */
  run({ parts }: Template): unknown {
    const [only] = parts;
    if (this.#shell === undefined && parts.length === 1 && only?.kind === 'value') {
      const value = this.#evaluate(only.value, root);
      return this.#unknown ?? (this.#secret ? hideWithin(value) : materialized(value));
    }
    this.#render(parts, root);
    return this.#unknown ?? (this.#secret ? new Secret(this.#text) : this.#text);
  }

  #render(parts: readonly TemplatePart[], scope: Scope): void {
    for (const part of parts) this.#renderPart(part, scope);
  }

  #renderPart(part: TemplatePart, scope: Scope): void {
    switch (part.kind) {
      case 'text': {
        this.#write(part.text);
        return;
      }
      case 'value': {
        this.#insert(part.value, part.raw, scope);
        return;
      }
      case 'if': {
        const holds = isTruthy(this.#evaluate(part.condition, scope)) !== part.negated;
        this.#render(holds ? part.then : part.otherwise, scope);
        return;
      }
      case 'with': {
        const value = this.#evaluate(part.of, scope);
        if (!isTruthy(value)) {
          this.#render(part.otherwise, scope);
          return;
        }
        const named = Object.fromEntries(part.names.slice(0, 1).map((name) => [name, value]));
        this.#render(part.body, { parent: scope, element: { value }, data: {}, named });
        return;
      }
      case 'each': {
        this.#each(part, scope);
        return;
      }
    }
  }

  #each(part: TemplatePart & { kind: 'each' | 'with' }, scope: Scope): void {
    const over = this.#evaluate(part.of, scope);
    if (over instanceof UnknownValue) return;
    const entries = entriesOf(over);
    if (entries === undefined) {
      throw notIterable(describeValue(over), writtenAs(part.of), this.#placeOf(part.of.offset));
    }
    if (entries.length === 0) {
      this.#render(part.otherwise, scope);
      return;
    }
    const [itemName, keyName] = part.names;
    entries.forEach(([key, value], index) => {
      const named = {
        ...(itemName === undefined ? {} : { [itemName]: value }),
        ...(keyName === undefined ? {} : { [keyName]: key }),
      };
      const data = { index, key, first: index === 0, last: index === entries.length - 1 };
      this.#render(part.body, { parent: scope, element: { value }, data, named });
    });
  }

  #write(text: string): void {
    this.#text += text;
    this.#shell?.feed(text);
  }

  #insert(given: TemplateExpression, raw: boolean, scope: Scope): void {
    const expression = this.#shell === undefined || raw ? given : withoutQuote(given);
    const value = this.#evaluate(expression, scope);
    if (value instanceof UnknownValue) return;
    if (this.#shell === undefined || raw) {
      const text = this.#asText(value, expression);
      if (this.#language === 'env_file') this.#refuseInEnvFile(text, expression);
      this.#write(text);
      return;
    }
    const words = Array.isArray(value) ? value : [value];
    words.forEach((word, index) => {
      if (index > 0) this.#write(' ');
      this.#insertWord(word, expression);
    });
  }

  #refuseInEnvFile(text: string, expression: TemplateExpression): void {
    const fault = environmentFault(text) ?? (/[\n\r]/.test(text) ? 'line_break' : undefined);
    if (fault === undefined) return;
    throw environmentValue(
      `the value of {{ ${writtenAs(expression)} }}`,
      fault,
      this.#placeOf(expression.offset),
    );
  }

  #insertWord(value: unknown, expression: TemplateExpression): void {
    // To find the place takes longer than all the rest.
    const place = (): ErrorPlace => this.#placeOf(expression.offset);
    if (typeof value === 'object' && value !== null && !(value instanceof Omit))
      throw notAWord(writtenAs(expression), describeValue(value), place());
    const text = this.#asText(value, expression);
    if (text.includes('\0')) throw nulByte(writtenAs(expression), place());
    const obstacle = this.#shell?.obstacle;
    if (obstacle !== undefined && !isSafeUnquoted(text))
      throw unquotable(writtenAs(expression), obstacle, place());
    this.#text += obstacle === undefined ? quoteForShell(text) : text;
    this.#shell?.word();
  }

  #asText(value: unknown, expression: TemplateExpression): string {
    if (value === null || value === undefined) return '';
    if (typeof value === 'string') return value;
    if (value instanceof Omit) throw omittedInText(writtenAs(expression), this.#placeOf(expression.offset));
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
      return String(value);
    }
    throw notText(describeValue(value), writtenAs(expression), this.#placeOf(expression.offset));
  }

  /** The value; a secret is revealed and the rendering becomes one. */
  #evaluate(expression: TemplateExpression, scope: Scope): unknown {
    const value = this.#resolve(expression, scope);
    if (value instanceof Missing) throw value.explain();
    return this.#taint(value);
  }

  #taint(value: unknown): unknown {
    const unknown = unknownWithin(value);
    if (unknown !== undefined) {
      this.#unknown ??= unknown;
      return unknown;
    }
    if (!(value instanceof Secret)) return value;
    this.#secret = true;
    return value.reveal();
  }

  #resolve(expression: TemplateExpression, scope: Scope): unknown {
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'path':
        return this.#paths.resolve(expression, scope);
      case 'call':
        return this.#call(expression, scope);
    }
  }

  #call(expression: TemplateExpression & { kind: 'call' }, scope: Scope): unknown {
    if (expression.name === namedSecret) return this.#namedSecret(expression);
    const called = templateFunctions.get(expression.name);
    if (called === undefined) return undefined;
    const before = this.#secret;
    const { args, options, readsSecret } = this.#argumentsOf(expression, called, scope);
    try {
      const given = Object.fromEntries(
        Object.entries(options).map(([name, argument]) => [name, argument.value()]),
      );
      const result = called.call(args, given, this.#variables.lookups ?? nothingToLookUp);
      if (called.secrets === 'count') this.#secret = before;
      if (result instanceof NotFound) {
        return new Missing(() =>
          foundNothing(expression.name, result.reason, this.#placeOf(expression.offset)),
        );
      }
      const keeper = this.#variables.secretKeeper;
      if (keeper !== undefined && called.secrets !== 'count' && readsSecret())
        keepDerived(result, expression.name, keeper);
      return result;
    } catch (error) {
      if (error instanceof StopAtUnknown) return error.value;
      if (!(error instanceof ArgumentProblem)) throw error;
      throw wrongArgument(expression.name, error.message, called.usage, this.#placeOf(expression.offset));
    }
  }

  #namedSecret(expression: TemplateExpression & { kind: 'call' }): Secret | UnknownValue {
    const [name = '', ...fields] = expression.args.map((arg) =>
      arg.kind === 'literal' ? String(arg.value) : '',
    );
    const place = this.#placeOf(expression.offset);
    const text = this.#variables.secret?.(name, fields, place);
    if (text === undefined) throw secretNotFetched(name, place);
    return text instanceof UnknownValue ? text : new Secret(text);
  }

  /** The values of a call, and whether one that was read so far holds a secret that the result may be made from. */
  #argumentsOf(
    { args, options }: TemplateExpression & { kind: 'call' },
    { secrets = 'read' }: TemplateFunction,
    scope: Scope,
  ): {
    readonly args: readonly Argument[];
    readonly options: Readonly<Record<string, Argument>>;
    readonly readsSecret: () => boolean;
  } {
    let readsSecret = false;
    const opened = (value: unknown): unknown => {
      if (value instanceof UnknownValue) throw new StopAtUnknown(value);
      if (secrets === 'move') return value;
      const { value: plain, found } = secrets === 'each' ? { value, found: false } : openWithin(value);
      if (found) this.#secret = true;
      readsSecret ||= this.#secret || this.#variables.secretKeeper?.isIn(plain) === true;
      return plain;
    };
    const argument = (written: TemplateExpression): Argument => ({
      value: () => opened(this.#evaluate(written, scope)),
      valueIfDefined: () => {
        const value = this.#resolve(written, scope);
        return value instanceof Missing ? undefined : opened(this.#taint(value));
      },
    });
    return {
      args: args.map(argument),
      options: Object.fromEntries(options.map(({ name, value }) => [name, argument(value)])),
      readsSecret: () => readsSecret,
    };
  }
}

/** Ends a function whose argument is not known yet: then its result isn't either. */
class StopAtUnknown extends Error {
  constructor(readonly value: UnknownValue) {
    super(String(value));
  }
}

/** Where nothing was given to look up, nothing is there. */
const nothingToLookUp: Lookups = { environment: () => undefined, file: () => undefined };

/** In the language sh every value is quoted by itself; an author who asks for it too means the same. */
function withoutQuote(expression: TemplateExpression): TemplateExpression {
  if (expression.kind !== 'call' || expression.name !== 'quote') return expression;
  return expression.args[0] ?? expression;
}

/** What is made when it is asked for is made now: the value leaves the template. */
const materialized = (value: unknown): unknown =>
  value instanceof LazyMapping
    ? Object.fromEntries(value.entries().map(([key, one]) => [key, materialized(one)]))
    : value;

const writtenAs = (expression: TemplateExpression): string => expression.written;

function entriesOf(over: unknown): readonly (readonly [string | number, unknown])[] | undefined {
  if (over === null || over === undefined) return [];
  if (Array.isArray(over)) return over.map((value: unknown, index) => [index, value]);
  if (over instanceof LazyMapping) return over.entries();
  return isMapping(over) ? Object.entries(over) : undefined;
}

/** The first unknown value in a structure, itself included. */
export function unknownWithin(value: unknown): UnknownValue | undefined {
  if (value instanceof UnknownValue) return value;
  if (Array.isArray(value)) return firstUnknown(value);
  return isMapping(value) ? firstUnknown(Object.values(value)) : undefined;
}

function firstUnknown(values: readonly unknown[]): UnknownValue | undefined {
  for (const value of values) {
    const unknown = unknownWithin(value);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}
