import { Environment, EvaluationError, type ASTNode, type ParseResult } from '@marcbachmann/cel-js';

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

/** `defined(result.rc)`: true when the variable and all fields on the way exist. (CEL's `has` needs the variable.) */
function definedMacro({ args }: MacroCall): object {
  const [asked] = args;
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: unknown): unknown {
      try {
        if (asked !== undefined) checker.check(asked, context);
      } catch (error) {
        // Asking for a variable that nobody defines is the purpose.
        if (!(error instanceof Error && 'code' in error && error.code === 'unknown_variable')) throw error;
      }
      return checker.getType('bool');
    },
    evaluate(runner: Runner, _macro: unknown, context: unknown): boolean {
      try {
        return asked !== undefined && runner.run(asked, context) !== undefined;
      } catch (error) {
        if (isAbsence(error)) return false;
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
 * although CEL itself keeps int and double apart; lists may mix types; and there is `defined(x)`.
 */
function newEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
  });
  const sync = { async: false };
  environment.registerFunction('defined(ast): bool', definedMacro, sync);
  for (const [sign, compute] of arithmetic) {
    environment.registerOperator(`int ${sign} double`, (left: bigint, right: number) =>
      compute(Number(left), right),
    );
    environment.registerOperator(`double ${sign} int`, (left: number, right: bigint) =>
      compute(left, Number(right)),
    );
  }
  return environment.registerOperator(
    'int == double',
    (left: bigint, right: number) => Number(left) === right,
  );
}

const environment = newEnvironment();
const parsed = new Map<string, ParseResult>();
const cacheLimit = 10_000;

/** Parses CEL, or gives what was parsed before. Throws the library's ParseError. */
export function parseCel(source: string): ParseResult {
  const before = parsed.get(source);
  if (before !== undefined) return before;
  const result = environment.parse(source);
  if (parsed.size >= cacheLimit) parsed.clear();
  parsed.set(source, result);
  return result;
}

const strictEnvironments = new WeakMap<ReadonlySet<string>, Environment>();

/** Checks the types of CEL, and that it uses only these variables and those that it asks `defined(…)` of. */
export function checkCel(source: string, known: ReadonlySet<string>): ReturnType<Environment['check']> {
  const guarded = [...source.matchAll(/\bdefined\(\s*([A-Za-z_]\w*)/g)].map(([, name = '']) => name);
  if (guarded.every((name) => known.has(name))) {
    const strict = strictEnvironments.get(known) ?? strictEnvironment(known);
    strictEnvironments.set(known, strict);
    return strict.check(source);
  }
  return strictEnvironment(new Set([...known, ...guarded])).check(source);
}

function strictEnvironment(known: ReadonlySet<string>): Environment {
  const strict = environment.clone({ unlistedVariablesAreDyn: false });
  for (const name of known) if (/^[A-Za-z_]\w*$/.test(name)) strict.registerVariable(name, 'dyn');
  return strict;
}

/** The names of all functions and methods. */
export const celFunctions = (): readonly string[] => [
  ...new Set(environment.getDefinitions().functions.map(({ name }) => name)),
];
