import { defined } from '../model/defined.js';
import { formatPlace, type Place } from '../model/source.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import { nearest, suggest } from './nearest.js';

const invalid = (code: string, message: string, place: ErrorPlace, hint?: string): AdfError =>
  new AdfError({ code, class: 'invalid', message, ...place, ...defined({ hint }) });

/** A template or condition uses a variable that no layer has. `elsewhere` is a way to write one that is out of reach. */
export const unknownVariable = (
  name: string,
  known: readonly string[],
  place: ErrorPlace,
  elsewhere?: string,
): AdfError => {
  const near = nearest(name, known);
  const hint =
    elsewhere ??
    (near === undefined
      ? `Define it (inventory/group_vars/all.yml, vars, --extra-vars ${name}=…), or write {{ default ${name} "…" }}, in a condition default(${name}, "…").`
      : `Did you mean "${near}"?`);
  return invalid('expression.unknown_variable', `unknown variable "${name}"`, place, hint);
};

/** `owner` has no such field: `container.prots`. */
export const unknownField = (
  owner: string,
  field: string,
  known: readonly string[],
  place: ErrorPlace,
): AdfError =>
  invalid(
    'expression.unknown_field',
    `"${owner}" has no "${field}"`,
    place,
    suggest(field, known, 'It has') ?? 'It is empty.',
  );

/** A path goes on into a value that has no fields. */
export const noFields = (owner: string, field: string, what: string, place: ErrorPlace): AdfError =>
  invalid(
    'expression.unknown_field',
    `"${owner}" is ${what}, it has no "${field}"`,
    place,
    `Use "${owner}" itself, or correct the value it was given.`,
  );

/** Variables that are made of one another. */
export const variableCycle = (
  names: readonly string[],
  positions: readonly (Place | undefined)[],
  place: ErrorPlace,
): AdfError => {
  const steps = names.map((name, index) => {
    const at = positions[index];
    return at === undefined ? name : `${name} (${formatPlace(at)})`;
  });
  return invalid(
    'expression.cycle',
    `variables use one another in a circle: ${[...steps, names[0] ?? ''].join(' → ')}`,
    place,
    'Give one of them a value that does not use the others.',
  );
};

export const templateSyntax = (reason: string, place: ErrorPlace, hint: string): AdfError =>
  invalid('template.syntax', reason, place, hint);

export const templateAsKey = (key: string, place: ErrorPlace): AdfError =>
  invalid(
    'template.key',
    `the key "${key}" is a template, and only values are rendered`,
    place,
    'Write the key itself, or make the whole mapping a variable.',
  );

export const unknownFunction = (name: string, known: readonly string[], place: ErrorPlace): AdfError =>
  invalid(
    'template.unknown_function',
    `unknown function "${name}" in a template`,
    place,
    suggest(name, known, 'There are'),
  );

export const unknownBlock = (name: string, known: readonly string[], place: ErrorPlace): AdfError =>
  invalid('template.unknown_block', `unknown block "{{#${name}}}"`, place, suggest(name, known, 'There are'));

/** A function of a template was given something it can't work with. */
export const wrongArgument = (name: string, problem: string, usage: string, place: ErrorPlace): AdfError =>
  invalid('template.wrong_argument', `${name}: ${problem}`, place, `Write {{ ${usage} }}.`);

/** A function was given a value under a name that it does not have: `sort list revers=true`. */
export const unknownOption = (
  option: string,
  name: string,
  known: readonly string[],
  place: ErrorPlace,
): AdfError =>
  invalid(
    'template.unknown_option',
    `${name} takes no value named ${option}`,
    place,
    suggest(option, known, 'It takes') ?? 'Give the value without a name.',
  );

/** What a function looked for is not there: an environment variable, a match, the first of an empty list. */
export const foundNothing = (name: string, reason: string, place: ErrorPlace): AdfError =>
  invalid(
    'template.not_found',
    `${name}: ${reason}`,
    place,
    `Write {{ default (${name} …) "fallback" }} where it may be missing.`,
  );

/** `omit` leaves out a whole argument, and this is text around it. */
export const omittedInText = (written: string, place: ErrorPlace): AdfError =>
  invalid(
    'template.omit_in_text',
    `"${written}" is omit, which stands for a whole value and not inside text`,
    place,
    'Make it the only thing in the value: mode: "{{ default mode omit }}".',
  );

/** A list or mapping in the middle of text. */
export const notText = (what: string, written: string, place: ErrorPlace): AdfError =>
  invalid(
    'template.not_text',
    `"${written}" is ${what} and cannot stand inside text`,
    place,
    `Write {{ json ${written} }}, {{ join ${written} "," }}, or one of its fields. A value that is only {{ ${written} }} keeps its type.`,
  );

export const notIterable = (what: string, written: string, place: ErrorPlace): AdfError =>
  invalid(
    'template.not_iterable',
    `#each goes over a list or a mapping, and "${written}" is ${what}`,
    place,
    'Use #if for a single value.',
  );

/** A value that would have to be quoted for sh stands where quoting cannot protect it. */
export const unquotable = (written: string, where: string, place: ErrorPlace): AdfError =>
  invalid(
    'template.unquotable',
    `the value of {{ ${written} }} needs quoting, and it stands inside ${where}`,
    place,
    `Take {{ ${written} }} out of there: it is quoted by itself, as one word. {{{ ${written} }}} inserts it raw.`,
  );

export const nulByte = (written: string, place: ErrorPlace): AdfError =>
  invalid(
    'template.nul',
    `the value of {{ ${written} }} contains a NUL character, which no shell argument can hold`,
    place,
    'Remove it from the value.',
  );

export const notAWord = (written: string, what: string, place: ErrorPlace): AdfError =>
  invalid(
    'template.not_a_word',
    `"${written}" is ${what} and cannot be a word of a shell command`,
    place,
    `Write {{ json ${written} }}, or one of its fields.`,
  );

/** A file rendered from a template uses what is not known yet, or what may not be written down. */
export const cannotRenderFile = (file: string, reason: string): AdfError =>
  invalid(
    'template.not_renderable',
    `${file} cannot be rendered: ${reason}`,
    {},
    'Leave that value out of the file.',
  );

export const conditionSyntax = (reason: string, place: ErrorPlace, hint: string): AdfError =>
  invalid('condition.syntax', `not a condition: ${reason}`, place, hint);

/** The parts of a condition don't fit: `"a" < 1`, a function that does not exist. */
export const conditionType = (
  reason: string,
  place: ErrorPlace,
  hint = 'Conditions are CEL: int("5"), string(5) and double(5) convert; has(x.y) and defined(x) ask first.',
): AdfError => invalid('condition.type', reason, place, hint);

export const conditionNotBoolean = (source: string, what: string, place: ErrorPlace): AdfError =>
  invalid(
    'condition.not_boolean',
    `the condition ${source} is ${what}, not true or false`,
    place,
    'Compare it with something: x == "yes", size(x) > 0, x != null.',
  );
