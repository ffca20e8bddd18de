import { call, text, type CallTerm, type Term } from './term.js';

/** Functions that compare, which are tests of the same name. */
const comparisons = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in'];

/**
 * The elements of a list that a condition on one of them holds for, `{% for x in list if x.on %}`, chosen by `selectattr` and its like.
 * Undefined for a condition that no test of theirs stands for.
 */
export function chosenBy(of: Term, condition: Term, [name, ...others]: readonly string[]): Term | undefined {
  if (name === undefined || others.length > 0) return undefined;
  const isNegated = condition.kind === 'call' && condition.name === 'not';
  const asked = isNegated ? condition.args[0] : condition;
  if (asked === undefined) return undefined;
  const test = asked.kind === 'path' ? { value: asked, rest: [] } : testOf(asked);
  if (test === undefined || test.rest.some((one) => mentions(one, name))) return undefined;
  const field = fieldOfElement(test.value, name);
  if (field === undefined) return undefined;
  const verb = (isNegated ? 'reject' : 'select') + (field === '' ? '' : 'attr');
  return call(verb, [of, ...(field === '' ? [] : [text(field)]), ...test.rest]);
}

/** What a comparison asks, as the value that it asks of, and the name of the test with its values. */
function testOf(asked: Term): { readonly value: Term; readonly rest: readonly Term[] } | undefined {
  if (asked.kind !== 'call') return undefined;
  const [value, ...rest] = asked.args;
  if (value === undefined || !isTest(asked)) return undefined;
  return { value, rest: [text(asked.name), ...rest] };
}

const isTest = ({ name }: CallTerm): boolean => comparisons.includes(name) || name === 'defined';

/** The way from an element to a value: empty for the element itself. */
function fieldOfElement(term: Term, name: string): string | undefined {
  if (term.kind !== 'path' || term.parts[0] !== name) return undefined;
  const fields = term.parts.slice(1);
  return fields.every((part) => !String(part).includes('.')) ? fields.join('.') : undefined;
}

/** Whether a variable of this name is in a term. */
export function mentions(term: Term, name: string): boolean {
  switch (term.kind) {
    case 'path':
      return term.parts[0] === name;
    case 'list':
      return term.items.some((item) => mentions(item, name));
    case 'mapping':
      return term.entries.flat().some((one) => mentions(one, name));
    case 'call':
      return [...term.args, ...term.options.map(([, one]) => one)].some((one) => mentions(one, name));
    default:
      return false;
  }
}
