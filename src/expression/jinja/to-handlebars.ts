import type { Term } from './term.js';
import type { Quote } from './tree.js';

/** A term as it stands alone between `{{` and `}}`, or behind `{{#if`. Texts that are not the author's get this quote. */
export function toHandlebars(term: Term, quote: Quote = '"'): string {
  // A function without values would be taken for a variable.
  if (term.kind === 'list' && term.items.length === 0) return 'from_json "[]"';
  if (term.kind === 'mapping' && term.entries.length === 0) return 'from_json "{}"';
  switch (term.kind) {
    case 'call':
      return [
        term.name,
        ...term.args.map((arg) => operand(arg, quote)),
        ...term.options.map(([name, value]) => `${name}=${operand(value, quote)}`),
      ].join(' ');
    case 'list':
      return ['array', ...term.items.map((item) => operand(item, quote))].join(' ');
    case 'mapping':
      return ['dict', ...term.entries.flat().map((one) => operand(one, quote))].join(' ');
    case 'text':
      return quoted(term.value, term.quote ?? quote) ?? `from_json ${inJson(term.value)}`;
    case 'constant':
      return String(term.value);
    case 'path':
      return pathOf(term.parts);
  }
}

/** A term as the value of a function. */
function operand(term: Term, quote: Quote): string {
  if (term.kind === 'list' && term.items.length === 0) return '(array)';
  if (term.kind === 'mapping' && term.entries.length === 0) return '(dict)';
  const written = toHandlebars(term, quote);
  const isWord =
    term.kind === 'path' ||
    term.kind === 'constant' ||
    (term.kind === 'text' && quoted(term.value, term.quote ?? quote) !== undefined);
  return isWord ? written : `(${written})`;
}

/** Text in quotes; undefined when Handlebars has no notation for it: it knows no escapes but of the quote. */
function quoted(value: string, preferred: Quote): string | undefined {
  if (/\p{Cc}|\\$/u.test(value)) return undefined;
  const quote = value.includes(preferred) ? (preferred === '"' ? "'" : '"') : preferred;
  return value.includes(quote) ? undefined : quote + value + quote;
}

const inJson = (value: string): string => `'${JSON.stringify(value).replaceAll("'", String.raw`\u0027`)}'`;

const pathOf = ([name, ...rest]: readonly (string | number)[]): string =>
  [String(name), ...rest.map((part) => (isPlain(part) ? part : `[${part}]`))].join('.');

const isPlain = (part: string | number): boolean =>
  typeof part === 'string' &&
  /^[A-Za-z_][\w-]*$/.test(part) &&
  !['true', 'false', 'null', 'this'].includes(part);
