import type { Environment } from '@marcbachmann/cel-js';
import { fromCel, toCel } from './cel-values.js';
import { ArgumentProblem, NotFound, type Argument, type TemplateFunction } from './functions/function.js';
import { toBoolean } from './functions/logic.js';
import { isFoundIn } from './functions/patterns.js';
import { openWithin } from './secret-values.js';
import { templateFunctions } from './template-functions.js';

/** A function in a condition was given something that it cannot work with. */
export class FunctionProblem extends Error {
  constructor(
    readonly called: string,
    reason: string,
  ) {
    super(reason);
  }
}

/** A function in a condition found nothing: `default` and `defined` do without it. */
export class FoundNothing extends FunctionProblem {}

/**
 * Functions of templates that conditions do not have: CEL has operators for them, or words of its own, or they look something up, which
 * a variable can do for the condition.
 */
export const notInConditions: Readonly<Record<string, string>> = {
  and: 'a && b',
  or: 'a || b',
  not: '!a',
  eq: 'a == b',
  ne: 'a != b',
  lt: 'a < b',
  le: 'a <= b',
  gt: 'a > b',
  ge: 'a >= b',
  in: 'item in list',
  ternary: 'condition ? a : b',
  add: 'a + b',
  subtract: 'a - b',
  multiply: 'a * b',
  divide: 'a / b',
  modulo: 'a % b',
  concat: 'a + b',
  map: 'list.map(x, x.name)',
  int: 'int(x)',
  string: 'string(x)',
  bool: 'bool(x)',
  default: 'default(x, y)',
  defined: 'defined(x)',
  list: 'keys(x)',
  array: '[a, b]',
  dict: '{"key": value}',
  env: 'a variable: "{{ env \\"NAME\\" }}"',
  file: 'a variable: "{{ file \\"path\\" }}"',
  secret: 'a variable: "{{ secret \\"name\\" }}"',
};

/** The functions of templates that conditions have too. */
const sharedFunctions: ReadonlyMap<string, TemplateFunction> = new Map(
  [...templateFunctions].filter(([name]) => !Object.hasOwn(notInConditions, name)),
);

const sync = { async: false };
const mostArguments = 5;

/** Registers the functions of templates, and Ansible's `bool`, for values of any type. */
export function registerFunctions(environment: Environment): void {
  for (const [name, called] of sharedFunctions) {
    const [least, most] = called.takes;
    for (let count = least; count <= Math.min(most, mostArguments); count += 1) {
      const types = Array.from({ length: count }, () => 'dyn').join(', ');
      const result =
        called.secrets === 'count' ? (name === 'length' || name === 'count' ? 'int' : 'bool') : 'dyn';
      environment.registerFunction(
        `${name}(${types}): ${result}`,
        (...values: readonly unknown[]) => callWith(name, called, values),
        sync,
      );
    }
  }
  environment.registerFunction(
    'asBool(dyn): bool',
    (value: unknown) => explained('bool', () => toBoolean(fromCel(value))),
    sync,
  );
  environment.registerFunction(
    'string.matchesLinear(string): bool',
    (value: string, pattern: string) => explained('matches', () => isFoundIn(value, pattern)),
    sync,
  );
}

/** What CEL has under these names is not what is wanted: `matches` backtracks, and `bool` does not know Ansible's yes and no. */
export const renamed: Readonly<Record<string, string>> = { matches: 'matchesLinear', bool: 'asBool' };

function callWith(name: string, called: TemplateFunction, values: readonly unknown[]): unknown {
  const args = values.map((value): Argument => {
    const plain = openWithin(fromCel(value)).value;
    return { value: () => plain, valueIfDefined: () => plain };
  });
  const result = explained(name, () => called.call(args, {}, nothingToLookUp));
  if (result instanceof NotFound) throw new FoundNothing(name, result.reason);
  return toCel(result);
}

const nothingToLookUp = { environment: () => undefined, file: () => undefined };

function explained<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof ArgumentProblem) throw new FunctionProblem(name, error.message);
    throw error;
  }
}
