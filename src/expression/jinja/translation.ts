import { hintForForeignVariable } from '../foreign-variables.js';
import { meaningOf, noNames, type Names } from './meaning.js';
import { termOfChain } from './names.js';
import { parseJinja } from './parser.js';
import { Untranslatable } from './term.js';
import { toCondition } from './to-cel.js';
import { toHandlebars } from './to-handlebars.js';
import type { Quote } from './tree.js';
import { NotJinja } from './tokens.js';

/** What Jinja is in the language here: the same expression, or a sentence that says why there is none and what to do. */
export type Translation = { readonly text: string } | { readonly reason: string };

/** Runs a part of a translation. What is no Jinja is undefined; what has no counterpart has its reason. */
export function translating(translate: () => string): Translation | undefined {
  try {
    return { text: translate() };
  } catch (error) {
    if (error instanceof Untranslatable) return { reason: error.message };
    if (error instanceof NotJinja) return undefined;
    throw error;
  }
}

/** What stands between `{{` and `}}`, as a template has it here. Undefined for what is no expression of Jinja. */
export const templateOfJinja = (source: string, names: Names = noNames): Translation | undefined =>
  translating(() => toHandlebars(meaningOf(parseJinja(source), names), quoteIn(source)));

/** A condition of Jinja, as CEL, also one with braces inside. Undefined for what is no expression of Jinja. */
export const conditionOfJinja = (source: string): Translation | undefined =>
  translating(() => toCondition(meaningOf(parseJinja(withoutBraces(source))), quoteIn(source)));

/** The quote of the texts in an expression: with it, what is printed fits into the same quotes of YAML. */
export const quoteIn = (source: string): Quote => (source.includes("'") ? "'" : '"');

/** Conditions have no braces; people write `{{ x }}`, and `"{{ x }}"`, for `x` all the same. */
const withoutBraces = (source: string): string =>
  source.replace(
    /(["'])\{\{([^{}]*)\}\}\1|\{\{([^{}]*)\}\}/g,
    (_all, _quote, inQuotes?: string, bare?: string) => `(${inQuotes ?? bare ?? ''})`,
  );

/** How to write a variable of Ansible's, with the fields behind it, as a hint; undefined for a name that is none of its own. */
export function hintForForeignPath([name, ...fields]: readonly [string, ...(readonly string[])]):
  string | undefined {
  const hint = hintForForeignVariable(name);
  if (hint === undefined || fields.length === 0) return hint;
  const here = translating(() => toHandlebars(termOfChain([name, ...fields])));
  if (here === undefined || !('text' in here)) return here?.reason ?? hint;
  return `${[name, ...fields].join('.')} is Ansible's: write ${here.text}${gathered(here.text)}.`;
}

/** How to write a condition with a word in it that only Ansible knows; undefined where it is right but for something else. */
export function hintForForeignCondition(word: string, source: string): string | undefined {
  const isForeign = hintForForeignVariable(word) !== undefined;
  const here = conditionOfJinja(source);
  if (here === undefined || !('text' in here) || here.text === source) return undefined;
  return isForeign
    ? `${word} is Ansible's: write ${here.text}${gathered(here.text)}.`
    : `Conditions are CEL: write ${here.text}.`;
}

const gathered = (here: string): string =>
  /\bfacts\b/.test(here) ? ', with gather_facts: true on the play' : '';
