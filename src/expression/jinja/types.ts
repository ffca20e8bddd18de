import { listFunctions } from './filters.js';
import type { CallTerm, Term } from './term.js';

/** Functions whose value is text. */
const textFunctions = [
  ...[
    'lower',
    'upper',
    'capitalize',
    'title',
    'trim',
    'replace',
    'concat',
    'indent',
    'quote',
    'basename',
    'dirname',
  ],
  ...[
    'path_join',
    'string',
    'join',
    'regex_replace',
    'to_json',
    'to_yaml',
    'b64encode',
    'b64decode',
    'hash',
    'md5',
  ],
  ...['sha1', 'urlencode', 'urldecode', 'human_readable', 'to_nice_json', 'to_nice_yaml'],
];
const numberFunctions = [
  ...[
    'length',
    'count',
    'int',
    'float',
    'round',
    'abs',
    'add',
    'subtract',
    'multiply',
    'divide',
    'floordiv',
    'modulo',
  ],
  ...['pow', 'sum', 'human_to_bytes'],
];

/** Fields of results that are text, and that are lists. */
const textFields = ['stdout', 'stderr', 'msg', 'content'];
const listFields = ['stdout_lines', 'stderr_lines', 'results', 'group_names', 'play_hosts', 'play_batch'];

/** What is known of the type of a value. */
export type Type = 'text' | 'list' | 'mapping' | 'number' | 'other';

/** What is known of a value before it is there. */
export function typeOf(term: Term): Type {
  switch (term.kind) {
    case 'text':
      return 'text';
    case 'list':
    case 'mapping':
      return term.kind;
    case 'constant':
      return typeof term.value === 'number' ? 'number' : 'other';
    case 'path': {
      const last = String(term.parts.at(-1));
      if (term.parts.length === 1 && ['groups', 'hostvars'].includes(last)) return 'mapping';
      if (textFields.includes(last)) return 'text';
      if (listFields.includes(last) || (term.parts[0] === 'groups' && term.parts.length === 2)) return 'list';
      return last === 'rc' ? 'number' : 'other';
    }
    case 'call':
      return typeOfCall(term);
  }
}

function typeOfCall({ name, args }: CallTerm): Type {
  if (name === 'default') {
    const [first, fallback] = args;
    const known = first === undefined ? 'other' : typeOf(first);
    return known === 'other' && fallback !== undefined ? typeOf(fallback) : known;
  }
  if (textFunctions.includes(name)) return 'text';
  if (numberFunctions.includes(name)) return 'number';
  if (['combine', 'items2dict'].includes(name)) return 'mapping';
  return listFunctions.includes(name) ? 'list' : 'other';
}
