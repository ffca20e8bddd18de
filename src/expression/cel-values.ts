import { LazyMapping } from '../model/lazy-mapping.js';
import { Secret } from '../model/secret.js';
import { UnknownValue } from '../model/unknown.js';
import { isMapping } from './describe.js';

/**
 * Thrown where a condition touches a value that is not known yet. CEL treats it as it treats every error: `&&` and `||`
 * do without it when their other side decides (commutative, as in the CEL specification, "Logical Operators").
 */
export class UsedUnknown extends Error {
  constructor(readonly value: UnknownValue) {
    super(String(value));
  }
}

/** Values of variables never change, so that each structure is converted once, however often conditions look at it. */
const converted = new WeakMap<object, unknown>();
const originals = new WeakMap<object, object>();

/** Whole numbers become CEL's int; unknown values inside a structure are noticed only when they are touched. */
export function toCel(value: unknown): unknown {
  if (value instanceof UnknownValue) throw new UsedUnknown(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === undefined) return null;
  if (value instanceof Secret) return value.reveal();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof LazyMapping) return lazyToCel(value);
  if (!Array.isArray(value) && !isMapping(value)) return value;
  const before = converted.get(value);
  if (before !== undefined) return before;
  const result: object = Array.isArray(value) ? [] : {};
  for (const [key, element] of Object.entries(value)) {
    const isLate = element instanceof UnknownValue;
    define(result, key, isLate ? { get: () => toCel(element) } : { value: toCel(element) });
  }
  converted.set(value, result);
  originals.set(result, value);
  return result;
}

const convertedLazy = new WeakMap<
  LazyMapping,
  { readonly keys: readonly string[]; readonly result: object }
>();

/** Converted anew when it has other keys than before. */
function lazyToCel(value: LazyMapping): object {
  const keys = value.keys();
  const before = convertedLazy.get(value);
  if (before?.keys === keys) return before.result;
  const result = {};
  for (const key of keys) define(result, key, { get: () => toCel(value.get(key)) });
  convertedLazy.set(value, { keys, result });
  originals.set(result, value);
  return result;
}

const define = (owner: object, key: string, property: PropertyDescriptor): void => {
  Object.defineProperty(owner, key, { enumerable: true, ...property });
};

/** A value of CEL as templates know it. Throws UsedUnknown for a structure with something inside that is not known yet. */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  const original = originals.get(value);
  if (original instanceof LazyMapping) return original;
  if (original !== undefined) refuseUnknownIn(original);
  if (original !== undefined) return original;
  if (Array.isArray(value)) return value.map(fromCel);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]): [string, unknown] => [String(key), fromCel(inner)]));
}

function refuseUnknownIn(value: unknown): void {
  if (value instanceof UnknownValue) throw new UsedUnknown(value);
  if (Array.isArray(value)) value.forEach(refuseUnknownIn);
  else if (isMapping(value)) Object.values(value).forEach(refuseUnknownIn);
}
