import { LazyMapping } from '../../model/lazy-mapping.js';
import { describeValue, isMapping } from '../describe.js';
import {
  ArgumentProblem,
  field,
  isTruthy,
  list,
  mapping,
  NotFound,
  strict,
  text,
  withOptions,
  type Options,
} from './function.js';
import { attributeOf } from './lists.js';

const move = { secrets: 'move' } as const;
type Mapping = Readonly<Record<string, unknown>>;

/** Keys such as `__proto__` are keys like any other. */
function mappingOf(entries: readonly (readonly [string, unknown])[]): Mapping {
  const result = {};
  for (const [key, value] of entries) {
    Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return result;
}

const listMerges: Readonly<
  Record<string, (below: readonly unknown[], above: readonly unknown[]) => readonly unknown[]>
> = {
  replace: (_below, above) => above,
  keep: (below) => below,
  append: (below, above) => [...below, ...above],
  prepend: (below, above) => [...above, ...below],
};

/** What a later mapping says wins; with `recursive=true`, key by key in mappings inside too. */
function combined(mappings: readonly unknown[], options: Options): Mapping {
  const recursive = isTruthy(options['recursive']);
  const name = options['list_merge'] === undefined ? 'replace' : text(options['list_merge']);
  const merge = Object.hasOwn(listMerges, name) ? listMerges[name] : undefined;
  if (merge === undefined) {
    throw new ArgumentProblem(`list_merge is ${Object.keys(listMerges).join(', ')}, not "${name}"`);
  }
  const two = (below: Mapping, above: Mapping): Mapping => {
    const entries = new Map(Object.entries(below));
    for (const [key, value] of Object.entries(above)) {
      const before = entries.get(key);
      if (recursive && isMapping(before) && isMapping(value)) entries.set(key, two(before, value));
      else if (Array.isArray(before) && Array.isArray(value))
        entries.set(key, merge(list(before), list(value)));
      else entries.set(key, value);
    }
    return mappingOf([...entries]);
  };
  return mappings
    .flatMap((one) => (Array.isArray(one) ? list(one) : [one]))
    .map(mapping)
    .reduce(two, {});
}

const toItems = (value: unknown, options: Options): readonly unknown[] => {
  const { key_name: keyName = 'key', value_name: valueName = 'value' } = options;
  const entries = value instanceof LazyMapping ? value.entries() : Object.entries(mapping(value));
  return entries.map(([key, one]) =>
    mappingOf([
      [text(keyName), key],
      [text(valueName), one],
    ]),
  );
};

const fromItems = (values: unknown, options: Options): Mapping => {
  const { key_name: keyName = 'key', value_name: valueName = 'value' } = options;
  return mappingOf(
    list(values).map((one) => [text(attributeOf(one, keyName)), attributeOf(one, valueName)] as const),
  );
};

/** The field of a mapping or the element of a list. */
function lookedUp(owner: unknown, key: unknown): unknown {
  const name = text(key);
  const index = Array.isArray(owner) && /^-\d+$/.test(name) ? String(owner.length + Number(name)) : name;
  const found = fieldOf(owner, index);
  return found.length === 0 ? new NotFound(`${describeValue(owner)} has no "${name}"`) : found[0];
}

function fieldOf(owner: unknown, name: string): readonly unknown[] {
  if (owner instanceof LazyMapping) return owner.has(name) ? [owner.get(name)] : [];
  if (!Array.isArray(owner) && !isMapping(owner)) return [];
  return Object.hasOwn(owner, name) && name !== 'length' ? [Reflect.get(owner, name) as unknown] : [];
}

/** `extract "a" hostvars "address"`: the key comes first, so that `map` can apply it to a list of keys. */
const extracted = (key: unknown, owner: unknown, more: readonly unknown[]): unknown =>
  more.reduce(
    (found, next) => (found instanceof NotFound ? found : lookedUp(found, next)),
    lookedUp(owner, key),
  );

function subelements(values: unknown, path: string, skipMissing: boolean): readonly unknown[] {
  const owners = isMapping(values) ? Object.values(values) : list(values);
  return owners.flatMap((owner) => {
    const inner = field(owner, path);
    if (inner === undefined && skipMissing) return [];
    return list(inner ?? attributeOf(owner, path)).map((one) => [owner, one]);
  });
}

/** Of a key and its value, and so on. */
function paired(values: readonly unknown[]): Mapping {
  if (values.length % 2 !== 0) throw new ArgumentProblem('needs a value behind each key');
  return mappingOf(
    Array.from({ length: values.length / 2 }, (_, index) => [text(values[2 * index]), values[2 * index + 1]]),
  );
}

export const mappingFunctions = {
  dict: strict(
    'dict "key" value "other" 5',
    'a mapping of keys and their values; `(dict)` is an empty one',
    [0, 32],
    (...values) => paired(values),
    move,
  ),
  combine: withOptions(
    'combine a b',
    'one mapping of several, later ones win; also `recursive=true`, `list_merge="append"`',
    [1, 32],
    ['recursive', 'list_merge'],
    combined,
    move,
  ),
  dict2items: withOptions(
    'dict2items mapping',
    'a list of `{ key, value }`; also `key_name="name"`, `value_name="size"`',
    [1, 1],
    ['key_name', 'value_name'],
    ([value], options) => toItems(value, options),
    move,
  ),
  items2dict: withOptions(
    'items2dict list',
    'a mapping from a list of `{ key, value }`; also `key_name="name"`, `value_name="size"`',
    [1, 1],
    ['key_name', 'value_name'],
    ([values], options) => fromItems(values, options),
    move,
  ),
  keys: strict(
    'keys mapping',
    'a list of the keys',
    [1, 1],
    (value) => (value instanceof LazyMapping ? value.keys() : Object.keys(mapping(value))),
    move,
  ),
  values: strict(
    'values mapping',
    'a list of the values',
    [1, 1],
    (value) =>
      value instanceof LazyMapping ? value.entries().map(([, one]) => one) : Object.values(mapping(value)),
    move,
  ),
  lookup: strict(
    'lookup mapping key',
    'the field of this name, or the element of this index',
    [2, 2],
    lookedUp,
    move,
  ),
  extract: strict(
    'extract key mapping',
    'the field of this name, for `map keys "extract" mapping`; a third value is a field of that',
    [2, 5],
    (key, owner, ...more) => extracted(key, owner, more),
    move,
  ),
  subelements: withOptions(
    'subelements list "keys"',
    'a list of `[element, entry of its list]`; also `skip_missing=true`',
    [2, 2],
    ['skip_missing'],
    ([values, path], options) => subelements(values, text(path), isTruthy(options['skip_missing'])),
    move,
  ),
};
