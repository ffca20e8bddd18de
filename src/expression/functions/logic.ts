import {
  ArgumentProblem,
  isTruthy,
  NotFound,
  ordered,
  same,
  strict,
  text,
  type Argument,
  type TemplateFunction,
} from './function.js';
import { describeValue } from '../describe.js';
import { holds, passes } from './value-tests.js';
import { isVersion } from './versions.js';

const count = { secrets: 'count' } as const;
const move = { secrets: 'move' } as const;

function decide(args: readonly Argument[], settles: (value: unknown) => boolean): unknown {
  let value: unknown;
  for (const argument of args) {
    value = argument.value();
    if (settles(value)) return value;
  }
  return value;
}

/** The words that mean yes in Ansible; all others mean no there, and are an error here. */
export function toBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value === '') return false;
  if (value === 0 || value === 1) return value === 1;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (['true', 'yes', 'on', '1', 'y', 't'].includes(word)) return true;
  if (['false', 'no', 'off', '0', 'n', 'f', ''].includes(word) && typeof value === 'string') return false;
  throw new ArgumentProblem(`needs true, false, yes, no, on, off, 1 or 0, and got ${describeValue(value)}`);
}

/** `default` is about what does not exist or holds nothing (`key:` in YAML); as in Ansible the empty text stays, but with `true`. */
const fallBack: TemplateFunction['call'] = ([wanted, fallback, alsoEmpty]) => {
  const value = wanted?.valueIfDefined();
  const isMissing =
    value === undefined || value === null || (isTruthy(alsoEmpty?.value()) && !isTruthy(value));
  return isMissing ? fallback?.value() : value;
};

/** The third value is for a condition that holds nothing. */
const ternary: TemplateFunction['call'] = ([condition, yes, no, nothing]) => {
  const asked = condition?.value();
  if (asked === null && nothing !== undefined) return nothing.value();
  return (isTruthy(asked) ? yes : no)?.value();
};

const test = (
  usage: string,
  gives: string,
  takes: readonly [number, number],
  call: (...values: readonly unknown[]) => boolean,
): TemplateFunction => strict(usage, gives, takes, call, count);

export const logicFunctions: Readonly<Record<string, TemplateFunction>> = {
  default: {
    usage: 'default name "fallback"',
    gives:
      'the value, or another where it does not exist or is empty in YAML; with `true` behind it also for "", 0, false, []',
    takes: [2, 3],
    secrets: 'move',
    call: fallBack,
  },
  defined: {
    usage: 'defined name',
    gives: 'true when a variable and all fields on the way exist',
    takes: [1, 1],
    secrets: 'count',
    call: ([asked]) => asked?.valueIfDefined() !== undefined,
  },
  mandatory: {
    usage: 'mandatory name "why"',
    gives: 'the value; an error with this text where it does not exist',
    takes: [1, 2],
    secrets: 'move',
    call: ([asked, why]) =>
      asked?.valueIfDefined() ??
      new NotFound(why === undefined ? 'the value is mandatory' : text(why.value())),
  },
  ternary: {
    usage: 'ternary condition "yes" "no"',
    gives: 'the second or the third value; a fourth one is for a condition without a value',
    takes: [3, 4],
    secrets: 'move',
    call: ternary,
  },
  // `and` and `or` give the deciding value, and don't look at the ones after it.
  and: {
    usage: 'and a b',
    gives: 'the first value that is false, or the last',
    takes: [2, 32],
    secrets: 'move',
    call: (args) => decide(args, (value) => !isTruthy(value)),
  },
  or: {
    usage: 'or a b',
    gives: 'the first value that is true, or the last',
    takes: [2, 32],
    secrets: 'move',
    call: (args) => decide(args, isTruthy),
  },
  not: test('not a', 'true for false, nothing, 0, "" and []', [1, 1], (value) => !isTruthy(value)),
  bool: strict(
    'bool value',
    'true or false, from `"yes"`, `"on"`, `"1"`, `"true"` and their opposites',
    [1, 1],
    toBoolean,
    count,
  ),
  eq: test('eq a b', 'true when both are equal', [2, 2], same),
  ne: test('ne a b', 'true when they are not', [2, 2], (left, right) => !same(left, right)),
  lt: test('lt a b', 'a < b', [2, 2], (left, right) => ordered(left, right) < 0),
  le: test('le a b', 'a <= b', [2, 2], (left, right) => ordered(left, right) <= 0),
  gt: test('gt a b', 'a > b', [2, 2], (left, right) => ordered(left, right) > 0),
  ge: test('ge a b', 'a >= b', [2, 2], (left, right) => ordered(left, right) >= 0),
  in: test('in item list', 'true when the list, text or mapping holds it', [2, 2], (item, container) =>
    holds(container, item),
  ),
  contains: test('contains list item', 'the same, the other way round', [2, 2], holds),
  is: test('is value "number"', 'true when the value passes a test', [2, 5], (value, name, ...rest) =>
    passes(text(name), value, rest),
  ),
  version: test(
    'version a ">=" b',
    'compares two versions: `1.9` comes before `1.10`',
    [3, 3],
    (left, sign, right) => isVersion(text(left), text(sign), text(right)),
  ),
  string: strict('string value', 'a number, true or false as text', [1, 1], text, move),
};
