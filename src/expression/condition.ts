import { TypeError as CelTypeError, EvaluationError, ParseError, type ASTNode } from '@marcbachmann/cel-js';
import type { AdfError, ErrorPlace } from '../errors/adf-error.js';
import {
  conditionNotBoolean,
  conditionSyntax,
  conditionType,
  unknownField,
  unknownVariable,
} from '../errors/expression.js';
import { suggest } from '../errors/nearest.js';
import { defined } from '../model/defined.js';
import type { Place } from '../model/source.js';
import { UnknownValue } from '../model/unknown.js';
import { celFunctions, checkCel, parseCel } from './cel-environment.js';
import { hintForCondition, hintForName } from './condition-traps.js';
import { describeValue, isMapping } from './describe.js';
import type { PlaceOf } from './place.js';
import type { VariableLookup } from './template-scope.js';

/**
 * Thrown where a condition touches a value that is not known yet. CEL treats it as it treats every error: `&&` and `||`
 * do without it when their other side decides (commutative, as in the CEL specification, "Logical Operators").
 */
class UsedUnknown extends Error {
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

const celContext = (variables: VariableLookup): Map<string, unknown> => new LazyContext(variables);

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

/** A CEL expression, already parsed once (a syntax error is found when its file is read). */
export interface Expression {
  readonly source: string;
  readonly at: Place;
  /** Where in the file a character of the source stands; without it, errors are at the beginning. */
  readonly placeOf?: PlaceOf;
}

/**
 * Throws `condition.syntax` for what is not CEL, `condition.type` for parts that can never fit together and functions
 * that don't exist, `condition.not_boolean` for what can't be true or false.
 */
export function parseCondition(source: string, at: Place, placeOf?: PlaceOf): Expression {
  const expression: Expression = { source, at, ...defined({ placeOf }) };
  refuseTemplates(expression);
  try {
    const { valid, type, error } = parseCel(source).check();
    if (!valid) throw error ?? new ParseError('cannot be checked');
    refuseOtherThanBoolean(expression, type);
  } catch (error) {
    throw explain(error, expression);
  }
  return expression;
}

/**
 * True, false, or unknown when it depends on something that is not known yet: `false && unknown` is false and
 * `true || unknown` is true, on either side. Throws `expression.unknown_variable`, `expression.unknown_field`,
 * `condition.type`, `condition.not_boolean`, and what is wrong with the variables that it uses.
 */
export function evaluateCondition(expression: Expression, variables: VariableLookup): boolean | UnknownValue {
  try {
    const result: unknown = parseCel(expression.source)(celContext(variables));
    if (typeof result === 'boolean') return result;
    throw conditionNotBoolean(expression.source, describeValue(result), placeIn(expression, 0));
  } catch (error) {
    if (error instanceof UsedUnknown) return error.value;
    throw explain(error, expression, variables);
  }
}

/**
 * Checks a condition before a run, when the names of all variables are known but not their values. Throws
 * `expression.unknown_variable` and what `parseCondition` throws.
 */
export function checkCondition(expression: Expression, known: ReadonlySet<string>): void {
  const { valid, type, error } = checkCel(expression.source, known);
  if (!valid) throw explain(error, expression, undefined, known);
  refuseOtherThanBoolean(expression, type);
}

const placeIn = ({ at, placeOf }: Expression, offset: number): ErrorPlace => placeOf?.(offset) ?? { at };

function refuseTemplates(expression: Expression): void {
  const template = /\{\{\{?~?\s*(.*?)\s*~?\}?\}\}/.exec(expression.source);
  if (template === null) return;
  const [whole, inner = ''] = template;
  throw conditionSyntax(
    `${whole} is a template`,
    placeIn(expression, template.index),
    `Conditions are CEL: write ${inner}, without braces.`,
  );
}

function refuseOtherThanBoolean(expression: Expression, type: string | undefined): void {
  if (type === undefined || type === 'bool' || type === 'dyn') return;
  const what = type === 'null' ? 'empty' : `of type ${type}`;
  throw conditionNotBoolean(expression.source, what, placeIn(expression, 0));
}

/** Turns what the library threw into an error of ours; others pass. */
function explain(
  error: unknown,
  expression: Expression,
  variables?: VariableLookup,
  known?: ReadonlySet<string>,
): unknown {
  const ours =
    error instanceof ParseError || error instanceof EvaluationError || error instanceof CelTypeError;
  if (!ours) return error;
  const place = placeIn(expression, error.range?.start ?? 0);
  const { source } = expression;
  const word = source.slice(error.range?.start, error.range?.end);
  if (error instanceof ParseError) {
    const reason = error.summary.replace(/^Unexpected token: EOF$/, 'it ends too early');
    return conditionSyntax(`${lowerFirst(reason)} in ${source}`, place, hintForCondition(source));
  }
  if (error.code === 'unknown_variable') {
    const name = error.node?.op === 'id' && typeof error.node.args === 'string' ? error.node.args : word;
    const names = known === undefined ? (variables?.names() ?? []) : [...known];
    return unknownVariable(name, names, place, hintForName(name));
  }
  if (error.code === 'no_such_key' && variables !== undefined) {
    return missingField(error.node, variables, place) ?? conditionType(lowerFirst(error.summary), place);
  }
  return unknownFunctionOf(error.summary, place) ?? conditionType(plainTypes(error.summary), place);
}

/** `result.rcc`: names what `result` has, when the way there is nothing but fields. */
function missingField(node: unknown, variables: VariableLookup, place: ErrorPlace): AdfError | undefined {
  const path = isNode(node) ? pathOf(node) : undefined;
  const [name, ...fields] = path ?? [];
  if (name === undefined || !variables.has(name)) return undefined;
  let owner: unknown = variables.get(name);
  for (const [index, field] of fields.entries()) {
    const known = isMapping(owner) ? Object.keys(owner) : [];
    if (!known.includes(field))
      return unknownField([name, ...fields.slice(0, index)].join('.'), field, known, place);
    owner = isMapping(owner) ? owner[field] : undefined;
  }
  return undefined;
}

const isNode = (node: unknown): node is ASTNode =>
  typeof node === 'object' && node !== null && 'op' in node && 'args' in node;

function pathOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return undefined;
  const [owner, field] = node.args;
  const before = pathOf(owner);
  return before === undefined ? undefined : [...before, field];
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

/** `dyn<string>` is how the library calls text in a variable. */
const plainTypes = (summary: string): string => lowerFirst(summary.replace(/\bdyn<([^<>]*)>/g, '$1'));

function unknownFunctionOf(summary: string, place: ErrorPlace): AdfError | undefined {
  const [, name] = /found no matching overload for '(?:[^']*\.)?(\w+)\(/.exec(summary) ?? [];
  const functions = celFunctions();
  if (name === undefined || functions.includes(name)) return undefined;
  return conditionType(
    `unknown function "${name}" in a condition`,
    place,
    suggest(name, functions, 'There are'),
  );
}
