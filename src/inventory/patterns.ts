import {
  emptyPattern,
  emptySelection,
  unknownGroup,
  unknownName,
  wildcardGroup,
  wrongPattern,
} from '../errors/inventory.js';
import type { Host } from '../model/host.js';
import { compilePattern } from '../model/pattern/pattern.js';
import { PatternFault } from '../model/pattern/python-syntax.js';
import type { Inventory, LaterNames } from './inventory.js';

/**
 * The hosts that a pattern means, in the inventory's order. Ansible's patterns: `a:b` or `a,b` is either, `a:&b` both,
 * `a:!c` not `c`, whatever the order of the parts; a part is `all`, a group, a host's name, id or address, a glob of these, `~` and a regular
 * expression for their beginning, or `group[0]`, `group[1:3]`, `group[-1]` for hosts by their place in a group. And as our own output and
 * Ansible's inventories have it, `api-[1:40]` for names with these numbers.
 * Throws `inventory.empty_pattern` (`-l ,` must not mean everything), `inventory.wrong_pattern`, `inventory.unknown_name` and, when nothing is left,
 * `inventory.empty_selection`. With `later`, hosts may still be added: a pattern may mean none of those that are there.
 */
export function selectHosts(inventory: Inventory, pattern: string, later?: LaterNames): readonly Host[] {
  const parts = partsOf(inventory, pattern);
  const hostsOf = (sign: Part['sign']): readonly ReadonlySet<Host>[] =>
    parts.filter((part) => part.sign === sign).map(({ name }) => hostsNamed(inventory, name, pattern, later));
  const included = hostsOf('');
  const demanded = hostsOf('&');
  const excluded = hostsOf('!');
  const selected = inventory.hosts.filter(
    (host) =>
      (included.length === 0 || included.some((hosts) => hosts.has(host))) &&
      demanded.every((hosts) => hosts.has(host)) &&
      !excluded.some((hosts) => hosts.has(host)),
  );
  if (selected.length === 0 && later === undefined)
    throw emptySelection(pattern, inventory.environment, knownNames(inventory));
  return selected;
}

/**
 * The hosts of a group that is named in full. Throws `inventory.wildcard_group`, and `inventory.empty_group` for one that
 * no host is in.
 */
export function requireGroup(inventory: Inventory, name: string): readonly Host[] {
  if (isGlob(name) || name === 'all' || name.trim() === '' || /^[!&]/.test(name)) throw wildcardGroup(name);
  const hosts = inventory.group(name);
  if (hosts.length > 0) return hosts;
  if (/[:,]/.test(name)) throw wildcardGroup(name);
  const existing = inventory.groupNames.map((group) => ({
    name: group,
    hosts: inventory.group(group).length,
  }));
  throw unknownGroup(name, inventory.environment, inventory.lookedFor, existing);
}

interface Part {
  readonly sign: '' | '&' | '!';
  readonly name: string;
}

function partsOf(inventory: Inventory, pattern: string): readonly Part[] {
  // A name with a colon or comma in it, as a tag may hold, is still a name.
  if (isKnown(inventory, pattern.trim())) return [{ sign: '', name: pattern.trim() }];
  return splitPattern(pattern).map((text) => {
    const part = text.trim();
    const sign = part.startsWith('&') ? '&' : part.startsWith('!') ? '!' : '';
    const name = part.slice(sign.length).trim();
    if (name === '') throw emptyPattern(pattern);
    return { sign, name };
  });
}

/** At each colon and comma, but for those in brackets. */
export const splitPattern = (pattern: string): readonly string[] => pattern.split(/[:,](?![^[\]]*\])/);

const isGlob = (name: string): boolean => /[*?[]/.test(name);

const isKnown = (inventory: Inventory, name: string): boolean =>
  inventory.group(name).length > 0 ||
  inventory.hosts.some((host) => host.name === name || host.id === name || host.address === name);

function hostsNamed(
  inventory: Inventory,
  name: string,
  pattern: string,
  later: LaterNames | undefined,
): ReadonlySet<Host> {
  if (name === 'all') return new Set(inventory.hosts);
  const members = inventory.group(name);
  if (members.length > 0) return new Set(members);
  const named = inventory.hosts.filter(
    (host) => host.name === name || host.id === name || host.address === name,
  );
  if (named.length > 0) return new Set(named);
  if (name.startsWith('~')) return matching(inventory, beginningOf(name.slice(1), pattern));
  const placed = placedIn(inventory, name);
  if (placed !== undefined) return placed;
  if (!isGlob(name)) {
    if (later?.mayBe(name) === true) return new Set();
    throw unknownName(name, pattern, inventory.environment, knownNames(inventory, later?.names));
  }
  const glob = globPattern(name);
  return matching(inventory, glob);
}

const matching = ({ hosts }: Inventory, isMeant: (word: string) => boolean): ReadonlySet<Host> =>
  new Set(hosts.filter(({ name, id, groups }) => [name, id, ...groups].some(isMeant)));

/** As Ansible's, a regular expression in Python's syntax that must match from the beginning on. Throws `inventory.wrong_pattern`. */
function beginningOf(source: string, pattern: string): (word: string) => boolean {
  try {
    const compiled = compilePattern(`\\A(?:${source})`);
    return (word) => compiled.firstIn([word])[0] !== undefined;
  } catch (error) {
    if (error instanceof PatternFault) throw wrongPattern(pattern, error.message);
    throw error;
  }
}

/** `api[0]`, `api[1:3]` (both ends included), `api[2:]`, `api[-1]`, of a group that there is. */
function placedIn(inventory: Inventory, name: string): ReadonlySet<Host> | undefined {
  const [, group = '', from = '', colon, to = ''] = /^(.+)\[(-?\d+)(?:(:)(-?\d*))?\]$/.exec(name) ?? [];
  const members = group === 'all' ? inventory.hosts : inventory.group(group);
  if (members.length === 0) return undefined;
  const placeOf = (text: string): number => (Number(text) < 0 ? members.length + Number(text) : Number(text));
  const last = colon === undefined ? placeOf(from) : to === '' ? members.length - 1 : placeOf(to);
  return new Set(members.slice(Math.max(0, placeOf(from)), Math.max(0, last + 1)));
}

/** `*`, `?`, `[abc]`, `[a-c]` and `[!abc]`, as a shell and Ansible have them, and numbers `[1:40]`. Case counts. */
function globPattern(glob: string): (word: string) => boolean {
  const ranges: (readonly [first: string, last: string])[] = [];
  const source = glob.replace(
    /\[(!?)([^\]]+)\]|[^]/gu,
    (sign: string, not: string | undefined, letters: string | undefined) => {
      const [, first, last] = /^\[(\d{1,6}):(\d{1,6})\]$/.exec(sign) ?? [];
      if (first !== undefined && last !== undefined) {
        ranges.push([first, last]);
        return '(\\d{1,6})';
      }
      if (letters !== undefined) return `[${not === '!' ? '^' : ''}${letterClass(letters)}]`;
      if (sign === '*') return '.*';
      return sign === '?' ? '.' : literally(sign);
    },
  );
  const whole = new RegExp(`^${source}$`, 'su');
  return (word) => {
    const [, ...numbers] = whole.exec(word) ?? ['', undefined];
    return numbers.every((number, n) => number !== undefined && isWithin(number, ranges[n]));
  };
}

/** `08` to `11` are 08, 09, 10, 11; `8` to `11` are 8, 9, 10, 11. */
function isWithin(number: string, [first, last]: readonly [string, string] = ['', '']): boolean {
  const digits = first.length > 1 && first.startsWith('0') ? first.length : 0;
  const value = Number(number);
  const isWrittenSo = String(value).padStart(digits, '0') === number;
  return isWrittenSo && value >= Number(first) && value <= Number(last);
}

/** Every sign by its number, which has the same meaning everywhere in a regular expression. */
const literally = (text: string): string =>
  text.replace(/[^a-zA-Z0-9]/gu, (sign) => `\\u{${codeOf(sign).toString(16)}}`);

const codeOf = (sign: string): number => sign.codePointAt(0) ?? 0;

/** A range that runs backwards is its letters. */
const letterClass = (letters: string): string =>
  letters.replace(/([^])-([^])|[^]/gu, (text: string, from: string | undefined, to: string | undefined) =>
    from !== undefined && to !== undefined && codeOf(from) <= codeOf(to)
      ? `${literally(from)}-${literally(to)}`
      : literally(text),
  );

const knownNames = (
  { groupNames, hosts }: Inventory,
  later: readonly string[] = [],
): { readonly groups: readonly string[]; readonly hosts: readonly string[] } => ({
  groups: [...new Set([...groupNames, ...later])],
  hosts: hosts.map(({ name }) => name),
});
