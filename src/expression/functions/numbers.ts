import { ArgumentProblem, list, number, ordered, strict, text, whole, withOptions } from './function.js';
import { describeValue } from '../describe.js';
import { attributeOf } from './lists.js';

/** Of a list, or of the values themselves. */
const several = (values: readonly unknown[]): readonly unknown[] =>
  values.length === 1 ? list(values[0]) : values;

function extreme(values: readonly unknown[], sign: 1 | -1, name: string): unknown {
  if (values.length === 0) throw new ArgumentProblem(`needs a list that is not empty for its ${name}`);
  return values.reduce((best, value) => (sign * ordered(value, best) > 0 ? value : best));
}

/** Two numbers are added, two texts or two lists put behind one another. */
function added(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (Array.isArray(left) && Array.isArray(right)) return [...list(left), ...list(right)];
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  throw new ArgumentProblem(
    `adds two numbers, two texts or two lists, and got ${describeValue(left)} and ${describeValue(right)}`,
  );
}

function divisor(value: unknown): number {
  const by = number(value);
  if (by === 0) throw new ArgumentProblem('cannot divide by 0');
  return by;
}

/** The beginning of a text that is a number, cut at the decimal point. What is no number gives the fallback, 0. */
function toInt(value: unknown, fallback: unknown, base: number): unknown {
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'boolean') return Number(value);
  const written = text(value).trim();
  if (base !== 10) {
    const read = Number.parseInt(written, base);
    return Number.isNaN(read) ? fallback : read;
  }
  const read = /^[-+]?\d+(\.\d*)?([eE][-+]?\d+)?$/.test(written) ? Math.trunc(Number(written)) : undefined;
  return read === undefined || !Number.isSafeInteger(read) ? fallback : read;
}

function toFloat(value: unknown, fallback: unknown): unknown {
  if (typeof value === 'boolean') return Number(value);
  const read = typeof value === 'number' ? value : Number(text(value).trim() || Number.NaN);
  return Number.isFinite(read) ? read : fallback;
}

const rounding: Readonly<Record<string, (value: number) => number>> = {
  common: (value) => Math.sign(value) * Math.round(Math.abs(value)),
  ceil: Math.ceil,
  floor: Math.floor,
};

function rounded(value: number, digits: number, method: string): number {
  const round = Object.hasOwn(rounding, method) ? rounding[method] : undefined;
  if (round === undefined) throw new ArgumentProblem(`rounds "common", "ceil" or "floor", not "${method}"`);
  // By way of the decimal notation, so that 1.005 with two digits is 1.01 and not 1.
  const shifted = round(Number(`${value}e${digits}`));
  return Number(`${shifted}e${-digits}`);
}

const range = (first: number, second: number | undefined, step: number): readonly number[] => {
  const [from, to] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new ArgumentProblem('needs a step other than 0');
  const length = Math.max(0, Math.ceil((to - from) / step));
  if (length > 100_000) throw new ArgumentProblem(`makes at most 100000 numbers, not ${length}`);
  return Array.from({ length }, (_, index) => from + index * step);
};

export const numberFunctions = {
  int: withOptions(
    'int value',
    'a whole number: `"5"` is 5, `"4.7"` is 4; what is no number is 0, or the second value',
    [1, 2],
    ['base'],
    ([value, fallback = 0], { base = 10 }) => toInt(value, fallback, whole(base)),
  ),
  float: strict(
    'float value',
    'a number; what is none is 0, or the second value',
    [1, 2],
    (value, fallback = 0) => toFloat(value, fallback),
  ),
  round: strict(
    'round number 2',
    'the number with so many digits (0) behind the point, rounded `"common"`, `"ceil"` or `"floor"`',
    [1, 3],
    (value, digits = 0, method = 'common') => rounded(number(value), whole(digits), text(method)),
  ),
  abs: strict('abs number', 'the number without its sign', [1, 1], (value) => Math.abs(number(value))),
  add: strict('add a b', 'the sum; two texts or two lists one behind the other', [2, 2], added),
  subtract: strict('subtract a b', 'a - b', [2, 2], (left, right) => number(left) - number(right)),
  multiply: strict('multiply a b', 'a × b', [2, 2], (left, right) => number(left) * number(right)),
  divide: strict(
    'divide a b',
    'a ÷ b, with its fraction',
    [2, 2],
    (left, right) => number(left) / divisor(right),
  ),
  floordiv: strict('floordiv a b', 'a ÷ b, rounded down', [2, 2], (left, right) =>
    Math.floor(number(left) / divisor(right)),
  ),
  modulo: strict('modulo a b', 'what remains of a ÷ b', [2, 2], (left, right) => {
    const by = divisor(right);
    return ((number(left) % by) + by) % by;
  }),
  pow: strict('pow a b', 'a to the power of b', [2, 2], (base, power) => number(base) ** number(power)),
  range: strict(
    'range 1 4',
    'a list of whole numbers, `[1, 2, 3]`; from 0 when only the end is given; a third value is the step',
    [1, 3],
    (first, second, step = 1) =>
      range(whole(first), second === undefined ? undefined : whole(second), whole(step)),
  ),
  min: strict('min list', 'the least of a list, or of the values', [1, 32], (...values) =>
    extreme(several(values), -1, 'least'),
  ),
  max: strict('max list', 'the greatest of a list, or of the values', [1, 32], (...values) =>
    extreme(several(values), 1, 'greatest'),
  ),
  sum: withOptions(
    'sum list',
    'the sum of the numbers; with `attribute="size"`, of this field of each',
    [1, 1],
    ['attribute'],
    ([values], { attribute }) =>
      list(values).reduce<number>((sum, value) => sum + number(attributeOf(value, attribute)), 0),
  ),
};
