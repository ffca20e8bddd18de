import { LazyMapping } from '../../model/lazy-mapping.js';
import { suggest } from '../../errors/nearest.js';
import { isMapping } from '../describe.js';
import { ArgumentProblem, isTruthy, list, mapping, number, ordered, same, text } from './function.js';
import { fitsAtStart, isFoundIn } from './patterns.js';
import { isVersion } from './versions.js';

type ValueTest = (value: unknown, ...rest: readonly unknown[]) => boolean;

const isEqual: ValueTest = (value, other) => same(value, other);
const isDifferent: ValueTest = (value, other) => !same(value, other);
const isLess: ValueTest = (value, other) => ordered(value, other) < 0;
const isAtMost: ValueTest = (value, other) => ordered(value, other) <= 0;
const isMore: ValueTest = (value, other) => ordered(value, other) > 0;
const isAtLeast: ValueTest = (value, other) => ordered(value, other) >= 0;

/** Whether a list, a text or the keys of a mapping hold something. */
export function holds(container: unknown, item: unknown): boolean {
  if (Array.isArray(container)) return container.some((one) => same(one, item));
  if (typeof container === 'string') return container.includes(text(item));
  if (container instanceof LazyMapping) return container.has(text(item));
  return Object.hasOwn(mapping(container), text(item));
}

const stateOf =
  (name: string): ValueTest =>
  (value) =>
    isTruthy(mapping(value)[name]);

/** The tests of `select`, `reject`, `selectattr`, `rejectattr` and `is`, with Ansible's and Jinja's names. */
const tests: Readonly<Record<string, ValueTest>> = {
  defined: (value) => value !== undefined,
  undefined: (value) => value === undefined,
  none: (value) => value === null,
  truthy: (value) => isTruthy(value),
  falsy: (value) => !isTruthy(value),
  true: (value) => value === true,
  false: (value) => value === false,
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  float: (value) => typeof value === 'number' && !Number.isInteger(value),
  mapping: (value) => isMapping(value) || value instanceof LazyMapping,
  iterable: (value) => typeof value === 'string' || Array.isArray(value) || isMapping(value),
  sequence: (value) => typeof value === 'string' || Array.isArray(value) || isMapping(value),
  even: (value) => number(value) % 2 === 0,
  odd: (value) => Math.abs(number(value) % 2) === 1,
  divisibleby: (value, by) => number(value) % number(by) === 0,
  lower: (value) => text(value) === text(value).toLowerCase(),
  upper: (value) => text(value) === text(value).toUpperCase(),
  equalto: isEqual,
  eq: isEqual,
  '==': isEqual,
  sameas: isEqual,
  ne: isDifferent,
  '!=': isDifferent,
  lt: isLess,
  lessthan: isLess,
  '<': isLess,
  le: isAtMost,
  '<=': isAtMost,
  gt: isMore,
  greaterthan: isMore,
  '>': isMore,
  ge: isAtLeast,
  '>=': isAtLeast,
  in: (value, container) => holds(container, value),
  contains: (value, item) => holds(value, item),
  match: (value, pattern) => fitsAtStart(text(value), text(pattern)),
  search: (value, pattern) => isFoundIn(text(value), text(pattern)),
  regex: (value, pattern) => isFoundIn(text(value), text(pattern)),
  version: (value, other, sign = '==') => isVersion(text(value), text(sign), text(other)),
  subset: (value, of) => list(value).every((one) => holds(of, one)),
  superset: (value, of) => list(of).every((one) => holds(value, one)),
  all: (value) => list(value).every(isTruthy),
  any: (value) => list(value).some(isTruthy),
  failed: stateOf('failed'),
  changed: stateOf('changed'),
  skipped: stateOf('skipped'),
  succeeded: (value) => !isTruthy(mapping(value)['failed']),
  abs: (value) => text(value).startsWith('/'),
};

export const testNames: readonly string[] = Object.keys(tests);

/** Applies a test by its name. Throws ArgumentProblem for a name that does not exist, and for what a test cannot work with. */
export function passes(name: string, value: unknown, rest: readonly unknown[]): boolean {
  const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
  if (test === undefined) {
    throw new ArgumentProblem(
      `there is no test "${name}". ${suggest(name, testNames, 'There are') ?? ''}`.trim(),
    );
  }
  return test(value, ...rest);
}
