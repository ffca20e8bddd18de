import { partsOfField } from './names.js';
import { call, constant, isCall, keyOf, not, text, Untranslatable, type Term } from './term.js';
import { regexTests, testNamed } from './tests.js';

/** What a filter was given, in the words of the language here. */
export interface Given {
  readonly args: readonly Term[];
  readonly options: readonly (readonly [string, Term])[];
}

/** Makes the term that a filter stands for. Throws Untranslatable. */
type Filter = (value: Term, given: Given) => Term;

/**
 * A filter that is a function of the same meaning. `takes` names Jinja's values in their order: one with a colon is given by its name
 * here, one with a sign of exclamation has no counterpart, and `*` stands for any number of values.
 */
function like(name: string, takes: readonly string[] = [], fallback: readonly Term[] = []): Filter {
  return (value, given) => {
    const { args, options } = arranged(name, takes, given);
    return call(name, [value, ...args, ...fallback.slice(args.length)], options);
  };
}

function arranged(name: string, takes: readonly string[], { args, options }: Given): Given {
  const named = new Map(options);
  const variadic = takes.indexOf('*');
  const positional = variadic < 0 ? takes : takes.slice(0, variadic);
  const given = new Map<string, Term>();
  const more: Term[] = [];
  for (const [index, arg] of args.entries()) {
    const key = positional[index];
    if (key !== undefined) given.set(key, arg);
    else if (variadic >= 0) more.push(arg);
    else throw new Untranslatable(`${name} takes fewer values here.`);
  }
  for (const key of takes) {
    const value = named.get(key.replace(/^[:!]/, ''));
    if (value === undefined) continue;
    given.set(key, value);
    named.delete(key.replace(/^[:!]/, ''));
  }
  const [unknown] = [...[...given.keys()].filter((key) => key.startsWith('!')), ...named.keys()];
  if (unknown !== undefined) throw new Untranslatable(`${name} has no ${unknown.replace('!', '')} here.`);
  return { args: [...inOrder(name, positional, given), ...more], options: byName(given) };
}

/** The values that are given by place. One that is left out may only have others behind it that are left out too. */
function inOrder(name: string, takes: readonly string[], given: ReadonlyMap<string, Term>): readonly Term[] {
  const places = takes.filter((key) => /^\w/.test(key));
  const values = places.map((key) => given.get(key));
  const count = values.findLastIndex((value) => value !== undefined) + 1;
  return values.slice(0, count).map((value, index) => {
    if (value === undefined)
      throw new Untranslatable(`${name} needs ${places[index] ?? ''} here, before the others.`);
    return value;
  });
}

const byName = (given: ReadonlyMap<string, Term>): readonly (readonly [string, Term])[] =>
  [...given].filter(([key]) => key.startsWith(':')).map(([key, value]) => [key.slice(1), value]);

/** Drops values that only say how something looks. */
const without =
  (names: readonly string[], filter: Filter): Filter =>
  (value, { args, options }) =>
    filter(value, { args, options: options.filter(([name]) => !names.includes(name)) });

const none =
  (reason: string): Filter =>
  () => {
    throw new Untranslatable(reason);
  };

/** `selectattr('state', 'eq', 'on')`: the test is a name, and is one of those here. */
const withTest =
  (name: string, at: number): Filter =>
  (value, { args, options }) => {
    if (options.length > 0) throw new Untranslatable(`${name} takes no values by name here.`);
    return call(name, [
      value,
      ...args.map((arg, index) =>
        index === at && arg.kind === 'text' ? text(testNamed(arg.value), arg.quote) : arg,
      ),
    ]);
  };

/** `map(attribute='name')`, or `map('lower')` with the name of a function. */
const mapped: Filter = (value, { args, options }) => {
  const [name, ...rest] = args;
  if (name === undefined) return like('map', [':attribute', ':default'])(value, { args, options });
  if (name.kind !== 'text') throw new Untranslatable('map needs the name of a function in quotes.');
  // What the filter makes of one element tells the function and its values.
  const each = filtered(name.value, text('element'), { args: rest, options });
  if (each.kind !== 'call' || each.options.length > 0 || each.args[0]?.kind !== 'text') {
    throw new Untranslatable(`map cannot apply ${name.value} like that: write {{#each list}}…{{/each}}.`);
  }
  return call('map', [value, text(each.name, name.quote), ...each.args.slice(1)]);
};

/** A generator of Jinja becomes a list with `list`; here it is one already. */
const listed: Filter = (value) =>
  value.kind === 'list' || (value.kind === 'call' && listFunctions.includes(value.name))
    ? value
    : call('list', [value]);

/** Functions whose value is a list. */
export const listFunctions: readonly string[] = [
  ...[
    'map',
    'select',
    'reject',
    'selectattr',
    'rejectattr',
    'split',
    'splitlines',
    'unique',
    'sort',
    'flatten',
  ],
  ...[
    'union',
    'intersect',
    'difference',
    'symmetric_difference',
    'zip',
    'product',
    'batch',
    'groupby',
    'list',
  ],
  ...[
    'dict2items',
    'keys',
    'values',
    'subelements',
    'regex_findall',
    'range',
    'splitext',
    'array',
    'reverse',
  ],
];

const joinedPath: Filter = (value, { args, options }) =>
  like('path_join', ['*'])(value.kind === 'list' && value.items[0] !== undefined ? value.items[0] : value, {
    args: [...(value.kind === 'list' ? value.items.slice(1) : []), ...args],
    options,
  });

/** Of values that are written out, the function takes them one by one. */
const spread =
  (name: string): Filter =>
  (value, given) =>
    value.kind === 'list' && value.items.length > 1 && given.args.length + given.options.length === 0
      ? call(name, value.items)
      : like(name, ['!case_sensitive', '!attribute'])(value, given);

/** A result as old playbooks asked for it, `result | failed`. */
const state =
  (name: string, negated = false): Filter =>
  (value) =>
    negated ? not(testState(value, name)) : testState(value, name);

const testState = (value: Term, name: string): Term =>
  value.kind === 'path'
    ? { kind: 'path', parts: [...value.parts, name] }
    : call('lookup', [value, text(name)]);

/** `default(x, true)` of Jinja may have no value at all, which is the empty text. */
const fallBack: Filter = (value, given) => {
  const { args } = arranged('default', ['default_value', 'boolean'], given);
  const [fallback = text(''), empty] = args;
  const isPlain = empty === undefined || (empty.kind === 'constant' && empty.value === false);
  return call('default', isPlain ? [value, fallback] : [value, fallback, empty]);
};

const version: Filter = (value, given) => {
  const { args } = arranged('version', ['version', 'operator', '!strict', '!version_type'], given);
  const [other, sign = text('==')] = args;
  if (other === undefined) throw new Untranslatable('version needs another version.');
  return call('version', [value, sign, other]);
};

const secret = 'Encrypted values are read from files: {{ secret "name" }}, with sops or from a secret store.';
const addresses =
  'There are no functions for IP addresses: compute it in the inventory, or in a task and register.';
const chance =
  'A run gives the same twice: there is no chance in templates. Make it in a task, and register it.';
const time = 'There is no formatting of times: facts.clock.epoch and run.started_at are what there is.';
const local = 'A template does not look at paths of this machine.';

const patterns = [':ignorecase', ':multiline'];

const filters: Readonly<Record<string, Filter>> = {
  default: fallBack,
  d: fallBack,
  mandatory: like('mandatory', ['msg']),
  ternary: like('ternary', ['true_val', 'false_val', 'none_val']),
  bool: like('bool'),
  string: like('string'),
  length: like('length'),
  count: like('length'),
  version,
  version_compare: version,
  failed: state('failed'),
  success: state('failed', true),
  succeeded: state('failed', true),
  changed: state('changed'),
  change: state('changed'),
  skipped: state('skipped'),

  lower: like('lower'),
  upper: like('upper'),
  capitalize: like('capitalize'),
  title: like('title'),
  trim: like('trim', ['chars']),
  replace: like('replace', ['old', 'new', '!count']),
  split: like('split', ['sep', '!maxsplit']),
  indent: like('indent', ['width', ':first', '!blank']),
  quote: like('quote'),
  basename: like('basename'),
  dirname: like('dirname'),
  splitext: like('splitext'),
  path_join: joinedPath,
  human_readable: like('human_readable', ['!isbits', '!unit']),
  human_to_bytes: like('human_to_bytes', ['!default_unit', '!isbits']),
  filesizeformat: like('human_readable', ['!binary']),
  wordcount: (value) => call('length', [call('split', [value])]),
  format: none('There is no format: put the parts one behind the other, {{ a }}/{{ b }} or concat a b.'),
  safe: (value) => value,

  regex_replace: like(
    'regex_replace',
    ['pattern', 'replacement', ...patterns, ':count', '!mandatory_count'],
    [text(''), text('')],
  ),
  regex_search: like('regex_search', ['pattern', ...patterns, '*']),
  regex_findall: like('regex_findall', ['regex', ':multiline', ':ignorecase']),
  regex_escape: like('regex_escape', ['!re_type']),
  match: like('match', ['pattern', ...patterns]),
  search: like('search', ['pattern', ...patterns]),
  regex: like('search', ['pattern', ...patterns]),

  int: like('int', ['default', ':base']),
  float: like('float', ['default']),
  round: like('round', ['precision', 'method']),
  abs: like('abs'),
  pow: like('pow', ['y']),
  min: spread('min'),
  max: spread('max'),
  sum: like('sum', [':attribute', '!start']),
  log: none('There are no logarithms: compute it in a task and register it.'),
  root: (value, { args }) => call('pow', [value, ...rootOf(args)]),

  list: listed,
  map: mapped,
  select: withTest('select', 0),
  reject: withTest('reject', 0),
  selectattr: withTest('selectattr', 1),
  rejectattr: withTest('rejectattr', 1),
  join: like('join', ['d', ':attribute'], [text('')]),
  first: like('first'),
  last: like('last'),
  reverse: like('reverse'),
  unique: like('unique', ['!case_sensitive', ':attribute']),
  sort: like('sort', [':reverse', ':case_sensitive', ':attribute']),
  flatten: like('flatten', [':levels', '!skip_nulls']),
  union: like('union', ['b']),
  intersect: like('intersect', ['b']),
  difference: like('difference', ['b']),
  symmetric_difference: like('symmetric_difference', ['b']),
  zip: like('zip', ['*']),
  product: like('product', ['*']),
  batch: like('batch', ['linecount', '!fill_with']),
  groupby: like('groupby', ['attribute', '!default', '!case_sensitive']),
  slice: none('slice of Jinja makes a number of columns: batch list 3 makes lists of three.'),
  zip_longest: none('zip is as long as the shorter list: make both of one length.'),
  permutations: none('There is product; permutations are for a task to make.'),
  combinations: none('There is product; combinations are for a task to make.'),
  random: none(chance),
  shuffle: none(chance),
  dictsort: none('Write sort (dict2items mapping) attribute="key", whose elements are { key, value }.'),
  items: none(
    'Write dict2items mapping, whose elements are { key, value }; #each goes over a mapping by itself.',
  ),

  combine: like('combine', ['*', ':recursive', ':list_merge']),
  dict2items: like('dict2items', [':key_name', ':value_name']),
  items2dict: like('items2dict', [':key_name', ':value_name']),
  extract: (value, { args, options }) => {
    const { args: given } = arranged('extract', ['container', 'morekeys'], { args, options });
    const [container, more] = given;
    return call('extract', [
      value,
      ...(container === undefined ? [] : [container]),
      ...(more === undefined ? [] : more.kind === 'list' ? more.items : [more]).flatMap((key) =>
        isHostvars(container) && key.kind === 'text' ? partsOfField(key.value).map(keyOf) : [key],
      ),
    ]);
  },
  attr: like('lookup', ['name']),
  subelements: like('subelements', ['subelements', ':skip_missing']),
  json_query: none(
    'There is no JMESPath: choose with selectattr, and take fields with map list attribute="name".',
  ),
  rekey_on_member: none('Write items2dict list key_name="name" value_name="value", or go over the list.'),

  to_json: without(
    ['ensure_ascii', 'vault_to_text', 'preprocess_unsafe', 'separators'],
    like('to_json', [':sort_keys']),
  ),
  tojson: without(['indent'], like('to_json')),
  to_nice_json: without(
    ['ensure_ascii', 'vault_to_text', 'preprocess_unsafe'],
    like('to_nice_json', [':indent', ':sort_keys']),
  ),
  from_json: like('from_json'),
  to_yaml: without(
    ['width', 'default_flow_style', 'allow_unicode', 'explicit_start'],
    like('to_yaml', [':indent', ':sort_keys']),
  ),
  to_nice_yaml: without(
    ['width', 'default_flow_style', 'allow_unicode', 'explicit_start'],
    like('to_nice_yaml', [':indent', ':sort_keys']),
  ),
  from_yaml: like('from_yaml'),
  from_yaml_all: none('from_yaml reads one document: split the text at its "---" lines first.'),
  b64encode: like('b64encode', ['!encoding']),
  b64decode: like('b64decode', ['!encoding']),
  hash: like('hash', ['hashtype']),
  checksum: like('sha1'),
  md5: like('md5'),
  sha1: like('sha1'),
  urlencode: like('urlencode'),
  urldecode: like('urldecode'),
  urlsplit: like('urlsplit', ['query']),
  pprint: like('to_nice_json'),
  to_uuid: none('There is hash text "sha256", which is as good for a name that stays the same.'),
  password_hash: none('Make the hash once, keep it as a secret, and write {{ secret "name" }}.'),
  vault: none(secret),
  unvault: none(secret),

  strftime: none(time),
  to_datetime: none(time),
  type_debug: none('adfpush inventory vars HOST --explain shows a value and where it came from.'),
  comment: none('Write the signs of the comment into the template: # {{ text }}.'),
  escape: none('Nothing is escaped in files: write the value as it is to stand there.'),
  e: none('Nothing is escaped in files: write the value as it is to stand there.'),
  forceescape: none('Nothing is escaped in files: write the value as it is to stand there.'),
  center: none('There is indent text 2; spaces around a text are not counted.'),
  truncate: none('Write slice text 0 20.'),
  wordwrap: none('Lines are not broken: write the text with its lines.'),
  striptags: none('There is regex_replace text "<[^>]*>" "".'),
  urlize: none('There is no HTML to be made here.'),
  xmlattr: none('There is no HTML to be made here.'),
  xml_to_json: none('There is no XML: a task reads it, and registers what it found.'),
  relpath: none(local),
  realpath: none(local),
  expanduser: none(local),
  expandvars: none(local),
  normpath: none(local),
  commonpath: none(local),
  fileglob: none('A task finds files: find, with register; or name them in a list.'),
  random_mac: none(chance),
  ipaddr: none(addresses),
  ipv4: none(addresses),
  ipv6: none(addresses),
  ipsubnet: none(addresses),
  ipwrap: none(addresses),
  ipmath: none(addresses),
  hwaddr: none(addresses),
  cidr_merge: none(addresses),
  nthhost: none(addresses),
  win_basename: none('Hosts run Linux: write basename.'),
  win_dirname: none('Hosts run Linux: write dirname.'),
  win_splitdrive: none('Hosts run Linux: paths have no drive.'),
};

/** The variables of all hosts, also from inside a loop. */
const isHostvars = (term: Term | undefined): boolean =>
  term?.kind === 'path' && term.parts.at(-1) === 'hostvars';

function rootOf(args: readonly Term[]): readonly Term[] {
  const [degree] = args;
  if (degree === undefined) return [constant(0.5)];
  if (degree.kind === 'constant' && typeof degree.value === 'number') return [constant(1 / degree.value)];
  return [call('divide', [constant(1), degree])];
}

/** The names of all filters that are known, those without a counterpart included. */
export const filterNames: readonly string[] = Object.keys(filters);

/** What a filter makes of a value. Throws Untranslatable. */
export function filtered(name: string, value: Term, given: Given): Term {
  const local = name.split('.').at(-1) ?? name;
  const filter = Object.hasOwn(filters, local) ? filters[local] : undefined;
  if (filter !== undefined) return filter(value, given);
  throw new Untranslatable(
    `There is no function for the filter ${name}: see the list in docs/playbooks.md, or let a task compute it and register the result.`,
  );
}

/** What is asked of the first match of a pattern is whether there is one. */
export const asQuestion = (term: Term): Term =>
  isCall(term, 'regex_search') && term.args.length === 2
    ? call(regexTests.search, term.args, term.options)
    : term;
