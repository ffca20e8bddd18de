import {
  emptyPattern,
  emptySelection,
  unknownGroup,
  unknownName,
  wildcardGroup,
} from '../errors/inventory.js';
import type { Host } from '../model/host.js';
import type { Inventory, LaterNames } from './inventory.js';

/**
 * The hosts that a pattern means, in the inventory's order. Ansible's patterns: `a:b` or `a,b` is either, `a:&b` both,
 * `a:!c` not `c`, whatever the order of the parts; a part is `all`, a group, a host's name or id, or a glob of these.
 * Throws `inventory.empty_pattern` (`-l ,` must not mean everything), `inventory.unknown_name` and, when nothing is left,
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
  if (isGlob(name) || name.trim() === '' || /^[!&]/.test(name)) throw wildcardGroup(name);
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
  return pattern.split(/[:,]/).map((text) => {
    const part = text.trim();
    const sign = part.startsWith('&') ? '&' : part.startsWith('!') ? '!' : '';
    const name = part.slice(sign.length).trim();
    if (name === '') throw emptyPattern(pattern);
    return { sign, name };
  });
}

const isGlob = (name: string): boolean => /[*?[]/.test(name);

const isKnown = (inventory: Inventory, name: string): boolean =>
  inventory.group(name).length > 0 || inventory.hosts.some((host) => host.name === name || host.id === name);

function hostsNamed(
  inventory: Inventory,
  name: string,
  pattern: string,
  later: LaterNames | undefined,
): ReadonlySet<Host> {
  if (name === 'all') return new Set(inventory.hosts);
  const members = inventory.group(name);
  if (members.length > 0) return new Set(members);
  const named = inventory.hosts.filter((host) => host.name === name || host.id === name);
  if (named.length > 0) return new Set(named);
  if (!isGlob(name)) {
    if (later?.mayBe(name) === true) return new Set();
    throw unknownName(name, pattern, inventory.environment, knownNames(inventory, later?.names));
  }
  const glob = globPattern(name);
  return new Set(
    inventory.hosts.filter((host) => [host.name, host.id, ...host.groups].some((word) => glob.test(word))),
  );
}

/** `*`, `?`, `[abc]`, `[a-c]` and `[!abc]`, as a shell and Ansible have them. Case counts. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(
    /\[(!?)([^\]]+)\]|[^]/gu,
    (sign: string, not: string | undefined, letters: string | undefined) => {
      if (letters !== undefined) return `[${not === '!' ? '^' : ''}${letterClass(letters)}]`;
      if (sign === '*') return '.*';
      return sign === '?' ? '.' : literally(sign);
    },
  );
  return new RegExp(`^${source}$`, 'su');
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
