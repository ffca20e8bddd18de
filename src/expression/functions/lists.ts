import { LazyMapping } from '../../model/lazy-mapping.js';
import { describeValue, isMapping } from '../describe.js';
import {
  ArgumentProblem,
  field,
  identity,
  isTruthy,
  list,
  NotFound,
  ordered,
  strict,
  text,
  whole,
  withOptions,
  type TemplateFunction,
} from './function.js';
import { passes } from './value-tests.js';

const move = { secrets: 'move' } as const;

/** The value itself, or its field of this name. Throws ArgumentProblem when it has none. */
export function attributeOf(value: unknown, attribute: unknown): unknown {
  if (attribute === undefined) return value;
  const found = field(value, text(attribute));
  if (found === undefined) throw new ArgumentProblem(`${describeValue(value)} has no "${text(attribute)}"`);
  return found;
}

function firstOfEach(values: readonly unknown[], attribute?: unknown): readonly unknown[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = identity(attributeOf(value, attribute));
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const keysOf = (values: readonly unknown[]): ReadonlySet<string> => new Set(values.map(identity));

const those = (values: readonly unknown[], keep: (key: string) => boolean): readonly unknown[] =>
  firstOfEach(values).filter((value) => keep(identity(value)));

function flat(values: readonly unknown[], levels: number): readonly unknown[] {
  return values.flatMap((value) => {
    if (value === null) return [];
    return Array.isArray(value) && levels > 0 ? flat(list(value), levels - 1) : [value];
  });
}

function sorted(values: readonly unknown[], attribute: unknown, caseSensitive: boolean): readonly unknown[] {
  const keyOf = (value: unknown): unknown => {
    const key = attributeOf(value, attribute);
    return typeof key === 'string' && !caseSensitive ? key.toLowerCase() : key;
  };
  const keyed = values.map((value) => ({ value, key: keyOf(value) }));
  return keyed.toSorted((a, b) => ordered(a.key, b.key)).map(({ value }) => value);
}

/** Of a list, the elements; of a text, the characters; of a mapping, the keys. */
function elements(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return Array.from(value);
  if (value instanceof LazyMapping) return value.keys();
  return isMapping(value) ? Object.keys(value) : list(value);
}

const edge = (values: readonly unknown[], at: 0 | -1): unknown =>
  values.length === 0 ? new NotFound('the list is empty') : values.at(at);

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (value instanceof LazyMapping) return value.keys().length;
  if (isMapping(value)) return Object.keys(value).length;
  throw new ArgumentProblem(`needs a list, a mapping or a text, and got ${describeValue(value)}`);
};

/** `select` and `reject`: with a test by its name, or what is true. */
const choose = (usage: string, gives: string, wanted: boolean): TemplateFunction =>
  strict(
    usage,
    gives,
    [1, 4],
    (values, test = 'truthy', ...rest) =>
      list(values).filter((value) => passes(text(test), value, rest) === wanted),
    move,
  );

/** `selectattr` and `rejectattr`: by a field of each element. */
const chooseByField = (usage: string, gives: string, wanted: boolean): TemplateFunction =>
  strict(
    usage,
    gives,
    [2, 5],
    (values, attribute, test = 'truthy', ...rest) =>
      list(values).filter((value) => passes(text(test), field(value, text(attribute)), rest) === wanted),
    move,
  );

function batches(values: readonly unknown[], size: number): readonly (readonly unknown[])[] {
  if (size < 1) throw new ArgumentProblem('needs batches of 1 or more');
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

const product = (lists: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] =>
  lists.reduce<readonly (readonly unknown[])[]>(
    (all, values) => all.flatMap((before) => values.map((value) => [...before, value])),
    [[]],
  );

function grouped(values: readonly unknown[], attribute: string): readonly unknown[] {
  const groups = new Map<string, { readonly key: unknown; readonly members: unknown[] }>();
  for (const value of values) {
    const key = attributeOf(value, attribute);
    const group = groups.get(identity(key)) ?? { key, members: [] };
    group.members.push(value);
    groups.set(identity(key), group);
  }
  return [...groups.values()]
    .toSorted((a, b) => ordered(a.key, b.key))
    .map(({ key, members }) => [key, members]);
}

export const listFunctions = {
  array: strict(
    'array a b',
    'a list of these values; `(array)` is an empty one',
    [0, 32],
    (...values) => values,
    move,
  ),
  join: withOptions(
    'join list ","',
    'the elements as one text; with `attribute="name"`, this field of each',
    [1, 2],
    ['attribute'],
    ([values, separator = ','], { attribute }) =>
      list(values)
        .map((value) => text(attributeOf(value, attribute)))
        .join(text(separator)),
  ),
  length: strict('length list', 'how many elements, keys or characters', [1, 1], sizeOf, {
    secrets: 'count',
  }),
  count: strict('count list', 'the same as `length`', [1, 1], sizeOf, { secrets: 'count' }),
  first: strict(
    'first list',
    'the first element, or character',
    [1, 1],
    (value) => edge(elements(value), 0),
    move,
  ),
  last: strict(
    'last list',
    'the last element, or character',
    [1, 1],
    (value) => edge(elements(value), -1),
    move,
  ),
  list: strict(
    'list value',
    'a list: the keys of a mapping, the characters of a text',
    [1, 1],
    elements,
    move,
  ),
  slice: strict(
    'slice list 0 2',
    'the elements, or characters, from one index to before another; a negative one counts from the end',
    [2, 3],
    (value, from, to) => {
      const [start, end] = [whole(from), to === undefined ? undefined : whole(to)];
      return typeof value === 'string' ? value.slice(start, end) : list(value).slice(start, end);
    },
    move,
  ),
  reverse: strict(
    'reverse list',
    'the list, or text, backwards',
    [1, 1],
    (value) => (typeof value === 'string' ? Array.from(value).reverse().join('') : list(value).toReversed()),
    move,
  ),
  unique: withOptions(
    'unique list',
    'the list without repetitions',
    [1, 1],
    ['attribute'],
    ([values], { attribute }) => firstOfEach(list(values), attribute),
    move,
  ),
  sort: withOptions(
    'sort list',
    'the list in order, upper and lower case alike; also `reverse=true`, `attribute="name"`, `case_sensitive=true`',
    [1, 1],
    ['attribute', 'reverse', 'case_sensitive'],
    ([values], options) => {
      const result = sorted(list(values), options['attribute'], isTruthy(options['case_sensitive']));
      return isTruthy(options['reverse']) ? result.toReversed() : result;
    },
    move,
  ),
  flatten: withOptions(
    'flatten list',
    'the elements of lists in the list, however deep, or to `levels=1`',
    [1, 1],
    ['levels'],
    ([values], { levels }) => flat(list(values), levels === undefined ? Infinity : whole(levels)),
    move,
  ),
  union: strict(
    'union a b',
    'what is in one of both lists',
    [2, 2],
    (left, right) => firstOfEach([...list(left), ...list(right)]),
    move,
  ),
  intersect: strict(
    'intersect a b',
    'what is in both lists',
    [2, 2],
    (left, right) => {
      const others = keysOf(list(right));
      return those(list(left), (key) => others.has(key));
    },
    move,
  ),
  difference: strict(
    'difference a b',
    'what is in the first list only',
    [2, 2],
    (left, right) => {
      const others = keysOf(list(right));
      return those(list(left), (key) => !others.has(key));
    },
    move,
  ),
  symmetric_difference: strict(
    'symmetric_difference a b',
    'what is in one of the lists only',
    [2, 2],
    (left, right) => {
      const [ours, others] = [keysOf(list(left)), keysOf(list(right))];
      return those([...list(left), ...list(right)], (key) => ours.has(key) !== others.has(key));
    },
    move,
  ),
  zip: strict(
    'zip a b',
    'a list of pairs, as long as the shorter list',
    [2, 8],
    (...lists) => {
      const all = lists.map(list);
      const length = Math.min(...all.map((one) => one.length));
      return Array.from({ length }, (_, index) => all.map((one) => one[index]));
    },
    move,
  ),
  product: strict(
    'product a b',
    'a list of all pairs of an element of each',
    [2, 8],
    (...lists) => product(lists.map(list)),
    move,
  ),
  batch: strict(
    'batch list 3',
    'a list of lists of so many elements',
    [2, 2],
    (values, size) => batches(list(values), whole(size)),
    move,
  ),
  groupby: strict(
    'groupby list "zone"',
    'a list of `[value of the field, list of the elements that have it]`',
    [2, 2],
    (values, attribute) => grouped(list(values), text(attribute)),
    move,
  ),
  select: choose(
    'select list "match" "^a"',
    'the elements that pass a test; without one, those that are true',
    true,
  ),
  reject: choose('reject list "match" "^a"', 'the elements that do not', false),
  selectattr: chooseByField(
    'selectattr list "state" "eq" "on"',
    'the elements whose field passes a test; without one, those in which it is true',
    true,
  ),
  rejectattr: chooseByField('rejectattr list "state" "eq" "on"', 'the elements whose field does not', false),
};
