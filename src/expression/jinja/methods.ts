import { call, constant, fieldOf, text, Untranslatable, type Term } from './term.js';

/** Makes the term that a method of a Python value stands for, `name.split(',')`. */
type Method = (value: Term, args: readonly Term[]) => Term;

const like =
  (name: string, most = 0): Method =>
  (value, args) => {
    if (args.length > most) throw new Untranslatable(`${name} takes ${most + 1} values here.`);
    return call(name, [value, ...args]);
  };

const none =
  (reason: string): Method =>
  () => {
    throw new Untranslatable(reason);
  };

const unchanging = 'Values do not change: write a new variable, with add or combine.';

const methods: Readonly<Record<string, Method>> = {
  split: like('split', 1),
  splitlines: like('splitlines'),
  upper: like('upper'),
  lower: like('lower'),
  title: like('title'),
  capitalize: like('capitalize'),
  strip: like('trim', 1),
  lstrip: (value) => call('regex_replace', [value, text(String.raw`^\s+`), text('')]),
  rstrip: (value) => call('regex_replace', [value, text(String.raw`\s+$`), text('')]),
  replace: like('replace', 2),
  startswith: like('startswith', 1),
  endswith: like('endswith', 1),
  isdigit: (value) => call('match', [value, text('[0-9]+$')]),
  keys: like('keys'),
  values: like('values'),
  get: (value, [key, fallback]) => {
    if (key === undefined) throw new Untranslatable('get needs a key.');
    return call('default', [fieldOf(value, key), fallback ?? constant(null)]);
  },
  join: (separator, [values]) => {
    if (values === undefined) throw new Untranslatable('join needs a list.');
    return call('join', [values, separator]);
  },
  union: like('union', 1),
  intersection: like('intersect', 1),
  difference: like('difference', 1),
  items: none(
    'Write dict2items mapping, whose elements are { key, value }; #each goes over a mapping by itself.',
  ),
  iteritems: none(
    'Write dict2items mapping, whose elements are { key, value }; #each goes over a mapping by itself.',
  ),
  format: none('There is no format: put the parts one behind the other, {{ a }}/{{ b }} or concat a b.'),
  find: none('Write contains text "part", or regex_search text "pattern".'),
  index: none('Write contains list item; #each has @index.'),
  count: none('Write length (select list "eq" item).'),
  append: none(unchanging),
  extend: none(unchanging),
  insert: none(unchanging),
  update: none(unchanging),
  pop: none(unchanging),
  remove: none(unchanging),
  sort: none('Write sort list.'),
  encode: none('Text is UTF-8 everywhere.'),
  decode: none('Text is UTF-8 everywhere.'),
  zfill: none('Numbers are written without leading zeros: keep it as text, in quotes.'),
  strftime: none('There is no formatting of times: facts.clock.epoch and run.started_at are what there is.'),
};

/** What calling a method of a value stands for. Throws Untranslatable. */
export function methodOf(name: string, value: Term, args: readonly Term[]): Term {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method !== undefined) return method(value, args);
  throw new Untranslatable(`Values have no method ${name}: see the functions in docs/playbooks.md.`);
}
