import { ArgumentProblem } from './function.js';

/** A version as its parts: numbers, and words such as `rc`. */
const partsOf = (version: string): readonly (number | string)[] =>
  Array.from(
    version
      .trim()
      .replace(/^v(?=\d)/i, '')
      .matchAll(/\d+|[A-Za-z]+/g),
    ([part]) => (/^\d/.test(part) ? Number(part) : part.toLowerCase()),
  );

/**
 * Compares two versions part by part: `1.9` before `1.10`, `1.0` before `1.0.1`, and a word (`1.0-rc1`) before the release that it leads
 * to. What follows `+` says nothing of the order, as in semantic versioning.
 */
function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left.replace(/\+.*$/, '')), partsOf(right.replace(/\+.*$/, ''))];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = compareParts(a[index], b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareParts(a: number | string | undefined, b: number | string | undefined): number {
  // A part that is not there is 0, which comes behind every word.
  const [left, right] = [a ?? 0, b ?? 0];
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  return typeof left === 'string' ? -1 : 1;
}

type Holds = (order: number) => boolean;

/** The signs that `version` takes, with the words that Ansible has for them. */
const comparisons: Readonly<Record<string, Holds>> = {
  '==': (order) => order === 0,
  '=': (order) => order === 0,
  eq: (order) => order === 0,
  '!=': (order) => order !== 0,
  '<>': (order) => order !== 0,
  ne: (order) => order !== 0,
  '<': (order) => order < 0,
  lt: (order) => order < 0,
  '<=': (order) => order <= 0,
  le: (order) => order <= 0,
  '>': (order) => order > 0,
  gt: (order) => order > 0,
  '>=': (order) => order >= 0,
  ge: (order) => order >= 0,
};

/** Throws ArgumentProblem for a sign that does not exist, and for a text that is no version. */
export function isVersion(version: string, sign: string, other: string): boolean {
  const holds = Object.hasOwn(comparisons, sign) ? comparisons[sign] : undefined;
  if (holds === undefined)
    throw new ArgumentProblem(`"${sign}" is no comparison: there are ==, !=, <, <=, >, >=`);
  for (const one of [version, other]) {
    if (!/\d/.test(one)) throw new ArgumentProblem(`"${one}" is no version`);
  }
  return holds(compareVersions(version, other));
}
