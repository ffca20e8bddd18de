import { LazyMapping } from '../../model/lazy-mapping.js';
import type { Lookups } from '../../model/lookups.js';
import { Secret } from '../../model/secret.js';
import { describeValue, isMapping } from '../describe.js';

/**
 * A function that a template may call, `{{ join ports "," }}`, also inside another and in blocks:
 * `{{#if (eq env "prod")}}`. All are pure, but for those that look something up.
 */
export interface TemplateFunction {
  /** How it is written; shown in errors and in the reference. */
  readonly usage: string;
  /** What it gives, as a phrase for the reference. */
  readonly gives: string;
  /** The least and the most values it takes. */
  readonly takes: readonly [number, number];
  /** The names of values that are given by name, `reverse=true`. */
  readonly options?: readonly string[];
  /**
   * What it does with secrets inside its values. `read`, the default: they are opened, and the result is secret as a whole. `move`: it
   * passes values on as they are, so that what is secret inside stays so and the rest does not become secret. `count`: its result says
   * nothing of the secret's text, and is not secret. `each`: as `move`, but what it makes of a secret element is new.
   */
  readonly secrets?: 'read' | 'move' | 'count' | 'each';
  /** Its values are written out in the template, as texts: what they are must be known before anything is rendered. */
  readonly literal?: true;
  /** Values are evaluated when asked for, so that `default` can do without the first one, and `or` without the last. */
  readonly call: (args: readonly Argument[], options: Options, lookups: Lookups) => unknown;
}

export interface Argument {
  /** The value; throws what is wrong with it, an unknown variable for one. */
  value(): unknown;
  /** The value, or undefined when a variable or field on the way to it does not exist. */
  valueIfDefined(): unknown;
}

export type Options = Readonly<Record<string, unknown>>;

/** Thrown by a function for a value it can't work with; the renderer adds the place. */
export class ArgumentProblem extends Error {}

/** The result of a function that found nothing. `default` replaces it; used otherwise, it is an error with this reason. */
export class NotFound {
  constructor(readonly reason: string) {}
}

/** A function of one or more values that are all needed. */
export function strict(
  usage: string,
  gives: string,
  takes: readonly [number, number],
  call: (...values: readonly unknown[]) => unknown,
  more: Pick<TemplateFunction, 'secrets'> = {},
): TemplateFunction {
  return { usage, gives, takes, ...more, call: (args) => call(...args.map((arg) => arg.value())) };
}

/** The same with values that are given by name. */
export function withOptions(
  usage: string,
  gives: string,
  takes: readonly [number, number],
  options: readonly string[],
  call: (values: readonly unknown[], options: Options) => unknown,
  more: Pick<TemplateFunction, 'secrets'> = {},
): TemplateFunction {
  return {
    usage,
    gives,
    takes,
    options,
    ...more,
    call: (args, given) =>
      call(
        args.map((arg) => arg.value()),
        given,
      ),
  };
}

/** False for what Handlebars takes for false: false, nothing, 0, the empty text and the empty list. */
export const isTruthy = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : Boolean(value);

export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ArgumentProblem(`needs a text, and got ${describeValue(value)}`);
}

export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ArgumentProblem(`needs a list, and got ${describeValue(value)}`);
}

export function mapping(value: unknown): Readonly<Record<string, unknown>> {
  if (isMapping(value)) return value;
  if (value instanceof LazyMapping) return value.toJSON();
  throw new ArgumentProblem(`needs a mapping, and got ${describeValue(value)}`);
}

/** A number, or a text that is one. */
export function number(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && value.trim() !== '') {
    const read = Number(value);
    if (Number.isFinite(read)) return read;
  }
  throw new ArgumentProblem(`needs a number, and got ${describeValue(value)}`);
}

export function whole(value: unknown): number {
  const read = number(value);
  if (Number.isSafeInteger(read)) return read;
  throw new ArgumentProblem(`needs a whole number, and got ${describeValue(value)}`);
}

/** Negative when `left` comes first. */
export function ordered(left: unknown, right: unknown): number {
  const [a, b] = [opened(left), opened(right)];
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  throw new ArgumentProblem(
    `compares two numbers or two texts, and got ${describeValue(left)} and ${describeValue(right)}`,
  );
}

/** Whether two values are equal, however deep. The order of a mapping's keys does not matter. */
export const same = (left: unknown, right: unknown): boolean => {
  const [a, b] = [opened(left), opened(right)];
  return a === b || (typeof a === 'object' && identity(a) === identity(b));
};

/** A text that is the same for values that are equal, and different for others. For comparisons only: it opens secrets. */
export const identity = (value: unknown): string =>
  JSON.stringify([value], function (this: unknown, key, written: unknown) {
    // A secret has become *** by the time it gets here, so it is taken from where it stands.
    const inner = opened(typeof this === 'object' && this !== null ? Reflect.get(this, key) : written);
    if (!isMapping(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

const opened = (value: unknown): unknown => (value instanceof Secret ? value.reveal() : value);

/** A field of a value by a path such as `host.ports.0`; undefined when there is none. */
export function field(value: unknown, path: string): unknown {
  let at = value;
  for (const part of path.split('.')) {
    if (at instanceof LazyMapping) at = at.has(part) ? at.get(part) : undefined;
    else if ((isMapping(at) || Array.isArray(at)) && Object.hasOwn(at, part)) {
      at = Reflect.get(at, part) as unknown;
    } else return undefined;
  }
  return at;
}
