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
import { LazyMapping } from '../model/lazy-mapping.js';
import type { UnknownValue } from '../model/unknown.js';
import { FunctionProblem, notInConditions } from './cel-functions.js';
import { toCel, UsedUnknown } from './cel-values.js';
import { celFunctions, checkCel, parseCel } from './cel-environment.js';
import { variableOfCelName } from './cel-type-names.js';
import { hintForCondition, hintForName } from './condition-traps.js';
import { describeValue, isMapping } from './describe.js';
import { field } from './functions/function.js';
import { hintForForeignVariable } from './foreign-variables.js';
import { conditionOfJinja, hintForForeignCondition } from './jinja/translation.js';
import type { PlaceOf } from './place.js';
import type { VariableLookup } from './template-scope.js';

/** The variables as CEL's evaluator asks for them: one at a time, when it meets their names. */
class LazyContext extends Map<string, unknown> {
  readonly #variables: VariableLookup;

  constructor(variables: VariableLookup) {
    super();
    this.#variables = variables;
  }

  override get(celName: string): unknown {
    const name = variableOfCelName(celName);
    if (!this.#variables.has(name)) return undefined;
    return toCel(this.#variables.get(name));
  }
}

const celContext = (variables: VariableLookup): Map<string, unknown> => new LazyContext(variables);

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
  refuseLookups(expression);
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
  const here = conditionOfJinja(expression.source);
  const hint =
    here === undefined || 'text' in here
      ? `Conditions are CEL: write ${here === undefined ? inner : here.text}, without braces.`
      : here.reason;
  throw conditionSyntax(`${whole} is a template`, placeIn(expression, template.index), hint);
}

/** `lookup("env", "X")`: CEL takes it for our function, and would look for a field in the text. */
function refuseLookups(expression: Expression): void {
  const lookup = /\b(?:lookup|query|q)\(\s*["']/.exec(expression.source);
  if (lookup === null) return;
  throw conditionSyntax(
    `lookups are Jinja, in ${expression.source}`,
    placeIn(expression, lookup.index),
    hintForCondition(expression.source),
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
  if (error instanceof FunctionProblem) {
    const called = new RegExp(`\\b${error.called}\\s*\\(`).exec(expression.source);
    return conditionType(`${error.called}: ${error.message}`, placeIn(expression, called?.index ?? 0));
  }
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
    const name =
      error.node?.op === 'id' && typeof error.node.args === 'string'
        ? variableOfCelName(error.node.args)
        : word;
    const names = known === undefined ? (variables?.names() ?? []) : [...known];
    const hint = hintForName(name) ?? hintForForeignVariable(name);
    return unknownVariable(
      name,
      names,
      place,
      hint === undefined ? undefined : (hintForForeignCondition(name, source) ?? hint),
    );
  }
  if (error.code === 'no_such_key' && variables !== undefined) {
    return missingField(error.node, variables, place) ?? conditionType(lowerFirst(error.summary), place);
  }
  return unknownFunctionOf(error.summary, source, place) ?? conditionType(plainTypes(error.summary), place);
}

/** `result.rcc`: names what `result` has, when the way there is nothing but fields. */
function missingField(node: unknown, variables: VariableLookup, place: ErrorPlace): AdfError | undefined {
  const path = isNode(node) ? pathOf(node) : undefined;
  const [name, ...fields] = path ?? [];
  if (name === undefined || !variables.has(name)) return undefined;
  let owner: unknown = variables.get(name);
  for (const [index, part] of fields.entries()) {
    const known = owner instanceof LazyMapping ? owner.keys() : isMapping(owner) ? Object.keys(owner) : [];
    if (!known.includes(part))
      return unknownField([name, ...fields.slice(0, index)].join('.'), part, known, place);
    owner = field(owner, part);
  }
  return undefined;
}

const isNode = (node: unknown): node is ASTNode =>
  typeof node === 'object' && node !== null && 'op' in node && 'args' in node;

function pathOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [variableOfCelName(node.args)];
  if (node.op !== '.') return undefined;
  const [owner, field] = node.args;
  const before = pathOf(owner);
  return before === undefined ? undefined : [...before, field];
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

/** `dyn<string>` is how the library calls text in a variable. */
const plainTypes = (summary: string): string => lowerFirst(summary.replace(/\bdyn<([^<>]*)>/g, '$1'));

function unknownFunctionOf(summary: string, source: string, place: ErrorPlace): AdfError | undefined {
  const [, name] = /found no matching overload for '(?:[^']*\.)?(\w+)\(/.exec(summary) ?? [];
  const functions = celFunctions();
  if (name === undefined || functions.includes(name)) return undefined;
  const here = hintForForeignCondition(name, source);
  if (here !== undefined) return conditionType(`unknown function "${name}" in a condition`, place, here);
  const instead = Object.hasOwn(notInConditions, name) ? notInConditions[name] : undefined;
  return conditionType(
    `unknown function "${name}" in a condition`,
    place,
    instead === undefined ? suggest(name, functions, 'There are') : `Conditions are CEL: write ${instead}.`,
  );
}
