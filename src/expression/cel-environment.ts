import { Environment, EvaluationError, type ASTNode, type ParseResult } from '@marcbachmann/cel-js';
import { FoundNothing, registerFunctions, renamed } from './cel-functions.js';
import { celNameOf, renameTypeVariables } from './cel-type-names.js';

/** What the library gives a macro to work with. Source: its README, "Custom macros". */
interface MacroCall {
  readonly args: readonly ASTNode[];
}
interface Runner {
  run(node: ASTNode, context: unknown): unknown;
}
interface Checker {
  check(node: ASTNode, context: unknown): unknown;
  getType(name: string): unknown;
}

/** Codes of the library's errors that mean: the way to this value leads nowhere. */
const absent = ['unknown_variable', 'no_such_key', 'index_out_of_bounds'];
const isAbsence = (error: unknown): boolean =>
  error instanceof EvaluationError && absent.includes(error.code);

/** Whether what was thrown says that the value is not there. */
const isAbsent = (error: unknown): boolean => isAbsence(error) || error instanceof FoundNothing;

/** Functions whose purpose is to ask whether a variable is defined. */
function checkAsked(checker: Checker, asked: ASTNode | undefined, context: unknown): void {
  try {
    if (asked !== undefined) checker.check(asked, context);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'unknown_variable')) throw error;
  }
}

/** `default(x.y, 5)`: the value, or another where it does not exist or is null. */
function defaultMacro({ args }: MacroCall): object {
  const [asked, fallback] = args;
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: unknown): unknown {
      checkAsked(checker, asked, context);
      if (fallback !== undefined) checker.check(fallback, context);
      return checker.getType('dyn');
    },
    evaluate(runner: Runner, _macro: unknown, context: unknown): unknown {
      const otherwise = (): unknown => (fallback === undefined ? null : runner.run(fallback, context));
      try {
        return (asked === undefined ? undefined : runner.run(asked, context)) ?? otherwise();
      } catch (error) {
        if (isAbsent(error)) return otherwise();
        throw error;
      }
    },
  };
}

/** `defined(result.rc)`: true when the variable and all fields on the way exist. (CEL's `has` needs the variable.) */
function definedMacro({ args }: MacroCall): object {
  const [asked] = args;
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: unknown): unknown {
      checkAsked(checker, asked, context);
      return checker.getType('bool');
    },
    evaluate(runner: Runner, _macro: unknown, context: unknown): boolean {
      try {
        return asked !== undefined && runner.run(asked, context) !== undefined;
      } catch (error) {
        if (isAbsent(error)) return false;
        throw error;
      }
    },
  };
}

type Arithmetic = (left: number, right: number) => number;
const arithmetic: readonly (readonly [string, Arithmetic])[] = [
  ['+', (left, right) => left + right],
  ['-', (left, right) => left - right],
  ['*', (left, right) => left * right],
  ['/', (left, right) => left / right],
];

/**
 * CEL, as this project speaks it: any variable may be of any type; `1 == 1.0` and `count * 1.5` mean what they say,
 * although CEL itself keeps int and double apart; lists may mix types; `in` also finds text in text; and there is `defined(x)`.
 */
function newEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
  });
  const sync = { async: false };
  environment.registerFunction('defined(ast): bool', definedMacro, sync);
  environment.registerFunction('default(ast, ast): dyn', defaultMacro, sync);
  registerFunctions(environment);
  for (const [sign, compute] of arithmetic) {
    environment.registerOperator(`int ${sign} double`, (left: bigint, right: number) =>
      compute(Number(left), right),
    );
    environment.registerOperator(`double ${sign} int`, (left: number, right: bigint) =>
      compute(left, Number(right)),
    );
  }
  // As in Python: CEL knows `in` for lists and mappings only.
  environment.registerOperator('string in string', (part: string, text: string) => text.includes(part));
  return environment.registerOperator(
    'int == double',
    (left: bigint, right: number) => Number(left) === right,
  );
}

const environment = newEnvironment();
const parsed = new Map<string, ParseResult>();
const cacheLimit = 10_000;

function parseIn(one: Environment, source: string): ParseResult {
  const result = one.parse(source);
  renameWithin(result.ast);
  renameTypeVariables(result.ast);
  return result;
}

/** Parses CEL, or gives what was parsed before. Throws the library's ParseError. */
export function parseCel(source: string): ParseResult {
  const before = parsed.get(source);
  if (before !== undefined) return before;
  const result = parseIn(environment, source);
  if (parsed.size >= cacheLimit) parsed.clear();
  parsed.set(source, result);
  return result;
}

/** Calls of functions that CEL has another meaning for than we want go to ours. The tree keeps its places, for errors. */
function renameWithin(node: unknown): void {
  if (Array.isArray(node)) {
    node.forEach(renameWithin);
    return;
  }
  if (typeof node !== 'object' || node === null || !('op' in node) || !('args' in node)) return;
  const { op, args } = node;
  if ((op === 'call' || op === 'rcall') && Array.isArray(args)) {
    const [name] = args as readonly unknown[];
    const other = typeof name === 'string' && Object.hasOwn(renamed, name) ? renamed[name] : undefined;
    if (other !== undefined && (name === 'matches') === (op === 'rcall')) args[0] = other;
  }
  renameWithin(args);
}

/** What CEL's library keeps for itself: a variable of such a name cannot be read in a condition. */
const namespaces = ['cel', 'google', 'optional'];

const strictEnvironments = new WeakMap<ReadonlySet<string>, Environment>();

/** Checks the types of CEL, and that it uses only these variables and those that it asks `defined(…)` of. */
export function checkCel(source: string, known: ReadonlySet<string>): ReturnType<Environment['check']> {
  const guarded = [...source.matchAll(/\b(?:defined|default)\(\s*([A-Za-z_]\w*)/g)].map(
    ([, name = '']) => name,
  );
  if (guarded.every((name) => known.has(name))) {
    const strict = strictEnvironments.get(known) ?? strictEnvironment(known);
    strictEnvironments.set(known, strict);
    return parseIn(strict, source).check();
  }
  return parseIn(strictEnvironment(new Set([...known, ...guarded])), source).check();
}

function strictEnvironment(known: ReadonlySet<string>): Environment {
  const strict = environment.clone({ unlistedVariablesAreDyn: false });
  for (const name of known) {
    if (/^[A-Za-z_]\w*$/.test(name) && !namespaces.includes(name))
      strict.registerVariable(celNameOf(name), 'dyn');
  }
  return strict;
}

/** The names of all functions and methods. */
export const celFunctions = (): readonly string[] => [
  ...new Set(
    environment
      .getDefinitions()
      .functions.map(({ name }) => name)
      .filter((name) => !Object.values(renamed).includes(name)),
  ),
];
