import { UnknownValue } from '../model/unknown.js';
import { isMapping } from './describe.js';
import type { VariableLookup } from './template-scope.js';

/**
 * Thrown where a condition touches a value that is not known yet. CEL treats it as it treats every error: `&&` and `||`
 * do without it when their other side decides (commutative, as in the CEL specification, "Logical Operators").
 */
export class UsedUnknown extends Error {
  constructor(readonly value: UnknownValue) {
    super(String(value));
  }
}

/** The variables as CEL's evaluator asks for them: one at a time, when it meets their names. */
class LazyContext extends Map<string, unknown> {
  readonly #variables: VariableLookup;

  constructor(variables: VariableLookup) {
    super();
    this.#variables = variables;
  }

  override get(name: string): unknown {
    if (!this.#variables.has(name)) return undefined;
    const value = this.#variables.get(name);
    if (value instanceof UnknownValue) throw new UsedUnknown(value);
    return toCel(value);
  }
}

export const celContext = (variables: VariableLookup): Map<string, unknown> => new LazyContext(variables);

/** Values of variables never change, so that each structure is converted once, however often conditions look at it. */
const converted = new WeakMap<object, unknown>();

/** Whole numbers become CEL's int; unknown values inside a structure are noticed only when they are touched. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === undefined) return null;
  if (!Array.isArray(value) && !isMapping(value)) return value;
  const before = converted.get(value);
  if (before !== undefined) return before;
  const result: object = Array.isArray(value) ? [] : {};
  for (const [key, element] of Object.entries(value)) {
    Object.defineProperty(result, key, {
      enumerable: true,
      ...(element instanceof UnknownValue
        ? { get: () => unknownElement(element) }
        : { value: toCel(element) }),
    });
  }
  converted.set(value, result);
  return result;
}

function unknownElement(value: UnknownValue): never {
  throw new UsedUnknown(value);
}
