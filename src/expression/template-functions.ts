import { Secret } from '../model/secret.js';
import { describeValue, isMapping } from './describe.js';

/**
 * The functions that a template may call, `{{ join ports "," }}`, also inside one another and in blocks:
 * `{{#if (eq env "prod")}}`. All are pure.
 */
export interface TemplateFunction {
  /** For errors: how it is written. */
  readonly usage: string;
  /** The least and the most values it takes. */
  readonly takes: readonly [number, number];
  /** Values are evaluated when asked for, so that `default` can do without the first one, and `or` without the last. */
  readonly call: (args: readonly Argument[]) => unknown;
}

export interface Argument {
  /** The value; throws what is wrong with it, an unknown variable for one. */
  value(): unknown;
  /** The value, or undefined when a variable or field on the way to it does not exist. */
  valueIfDefined(): unknown;
}

/** Thrown by a function for a value it can't work with; the renderer adds the place. */
export class ArgumentProblem extends Error {}

/** False for what Handlebars takes for false: false, nothing, 0, the empty text and the empty list. */
export const isTruthy = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : Boolean(value);

const strict = (
  usage: string,
  takes: readonly [number, number],
  call: (...values: readonly unknown[]) => unknown,
): TemplateFunction => ({ usage, takes, call: (args) => call(...args.map((arg) => arg.value())) });

const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ArgumentProblem(`needs a text, and got ${describeValue(value)}`);
};

const list = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  throw new ArgumentProblem(`needs a list, and got ${describeValue(value)}`);
};

const ordered = (left: unknown, right: unknown): number => {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  throw new ArgumentProblem(
    `compares two numbers or two texts, and got ${describeValue(left)} and ${describeValue(right)}`,
  );
};

const same = (left: unknown, right: unknown): boolean =>
  left === right || (typeof left === 'object' && JSON.stringify(left) === JSON.stringify(right));

const encodeBase64 = (plain: string): string =>
  btoa(Array.from(new TextEncoder().encode(plain), (byte) => String.fromCharCode(byte)).join(''));

const decodeBase64 = (encoded: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)),
    );
  } catch {
    throw new ArgumentProblem('needs base64 of a UTF-8 text');
  }
};

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (isMapping(value)) return Object.keys(value).length;
  throw new ArgumentProblem(`needs a list, a mapping or a text, and got ${describeValue(value)}`);
};

const lookup = (owner: unknown, key: unknown): unknown => {
  const name = text(key);
  if (typeof owner === 'object' && owner !== null && Object.hasOwn(owner, name)) {
    return Reflect.get(owner, name) as unknown;
  }
  throw new ArgumentProblem(`${describeValue(owner)} has no "${name}"`);
};

export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map([
  // Values that may be missing. `default` is about what does not exist or holds nothing (`key:` in YAML); as in
  // Ansible the empty text stays. `or` replaces that too.
  [
    'default',
    {
      usage: 'default name "fallback"',
      takes: [2, 2],
      call: ([wanted, fallback]) => wanted?.valueIfDefined() ?? fallback?.value(),
    },
  ],
  [
    'defined',
    { usage: 'defined name', takes: [1, 1], call: ([asked]) => asked?.valueIfDefined() !== undefined },
  ],
  // Logic, for #if. `and` and `or` give the deciding value, and don't look at the ones after it.
  [
    'and',
    {
      usage: 'and a b',
      takes: [2, 32],
      call: (args) => decide(args, (value) => !isTruthy(value)),
    },
  ],
  ['or', { usage: 'or a b', takes: [2, 32], call: (args) => decide(args, isTruthy) }],
  ['not', strict('not a', [1, 1], (value) => !isTruthy(value))],
  ['eq', strict('eq a b', [2, 2], same)],
  ['ne', strict('ne a b', [2, 2], (left, right) => !same(left, right))],
  ['lt', strict('lt a b', [2, 2], (left, right) => ordered(left, right) < 0)],
  ['gt', strict('gt a b', [2, 2], (left, right) => ordered(left, right) > 0)],
  // Text.
  ['lower', strict('lower text', [1, 1], (value) => text(value).toLowerCase())],
  ['upper', strict('upper text', [1, 1], (value) => text(value).toUpperCase())],
  ['trim', strict('trim text', [1, 1], (value) => text(value).trim())],
  [
    'replace',
    strict('replace text "from" "to"', [3, 3], (value, from, to) =>
      text(value).replaceAll(text(from), text(to)),
    ),
  ],
  ['concat', strict('concat a b', [1, 32], (...values) => values.map(text).join(''))],
  ['b64encode', strict('b64encode text', [1, 1], (value) => encodeBase64(text(value)))],
  ['b64decode', strict('b64decode text', [1, 1], (value) => decodeBase64(text(value)))],
  // Lists and mappings.
  [
    'join',
    strict('join list ","', [1, 2], (values, separator = ',') =>
      list(values).map(text).join(text(separator)),
    ),
  ],
  ['split', strict('split text ","', [2, 2], (value, separator) => text(value).split(text(separator)))],
  ['length', strict('length list', [1, 1], sizeOf)],
  ['lookup', strict('lookup mapping key', [2, 2], lookup)],
  ['json', strict('json value', [1, 1], toJson)],
]);

function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: unknown, key, written: unknown) {
    const original: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : undefined;
    if (original instanceof Secret) throw new ArgumentProblem('cannot write a mapping with a secret in it');
    return written;
  });
}

function decide(args: readonly Argument[], settles: (value: unknown) => boolean): unknown {
  let value: unknown;
  for (const argument of args) {
    value = argument.value();
    if (settles(value)) return value;
  }
  return value;
}
