import { defined } from '../../../model/defined.js';
import type { Destination } from '../settings.js';
import { keysOf, type KnownHostLine, type KnownKey } from './known-hosts.js';
import { knownHostName, lower } from './name-patterns.js';
import type { PublicKey } from './public-key.js';

/** What known_hosts says of a key that a host shows. */
export type Verdict =
  | { readonly kind: 'known' }
  /** No line has a plain key for this name. `authority` has one of a certificate authority, which says nothing of plain keys. */
  | { readonly kind: 'unknown'; readonly authority?: KnownKey }
  | { readonly kind: 'changed'; readonly contradicted: KnownKey }
  | { readonly kind: 'revoked'; readonly by: KnownKey };

/**
 * OpenSSH's own rule (check_hostkeys_by_key_or_type in hostfile.c): a revoked key is never right, whatever else is said of it; any of
 * several keys is right; and where the host has only others, of this type or another, the key has changed.
 * `known` are the keys of all lines that speak of one name.
 */
function verdictOf(known: readonly KnownKey[], offered: PublicKey): Verdict {
  const same = ({ key }: KnownKey): boolean => key.identity === offered.identity;
  const revoked = known.find((one) => one.marker === 'revoked' && same(one));
  if (revoked !== undefined) return { kind: 'revoked', by: revoked };
  const promised = promisesOf(known);
  if (promised.some(same)) return { kind: 'known' };
  // The one that it replaces, so that a person can compare the two: of the same type where there is one.
  const contradicted = promised.find(({ key }) => key.type === offered.type) ?? promised[0];
  if (contradicted !== undefined) return { kind: 'changed', contradicted };
  const authority = known.find(({ marker }) => marker === 'cert-authority');
  return { kind: 'unknown', ...defined({ authority }) };
}

/** The keys that the host may have. */
const promisesOf = (known: readonly KnownKey[]): readonly KnownKey[] =>
  known.filter(({ marker }) => marker === undefined);

/** The types of keys to ask the host for first. A type whose first key is revoked is none (lookup_key_in_hostkeys_by_type). */
function knownTypes(known: readonly KnownKey[]): ReadonlySet<string> {
  const first = new Map<string, KnownKey>();
  for (const one of promisesOf(known)) if (!first.has(one.key.type)) first.set(one.key.type, one);
  const usable = [...first.values()].filter(({ key }) => verdictOf(known, key).kind !== 'revoked');
  return new Set(usable.map(({ key }) => key.type));
}

/** The names under which known_hosts may have a host's keys. Strings of bytes (latin1). */
export interface HostNames {
  /** Asked in this order; the first that has a plain key decides. New keys are recorded under the first. */
  readonly own: readonly [string, ...string[]];
  /** The address without its port: a key that is there is accepted, another one says nothing, since it is of the sshd on port 22. */
  readonly bare?: string;
}

/**
 * As OpenSSH names a host: by its alias and nothing else; without one by address and port, then by the address alone.
 *
 * `permanentName` comes before the address where no alias is set: an EC2 instance is known by its id, since EC2 gives the address of
 * an instance that is gone to another one. What it finds is what `ssh -o HostKeyAlias=ID` would find, what the address finds is what
 * `ssh ADDRESS` would, so no key is accepted that both would refuse. Where the id has a key, the address is not looked up.
 */
export function namesOf(
  { address, port, hostKeyAlias }: Pick<Destination, 'address' | 'port' | 'hostKeyAlias'>,
  permanentName?: string,
): HostNames {
  if (hostKeyAlias !== undefined) return { own: [lower(bytes(hostKeyAlias))] };
  const named = lower(bytes(address));
  const byAddress = knownHostName(named, port);
  return {
    own: permanentName === undefined ? [byAddress] : [lower(bytes(permanentName)), byAddress],
    ...(port === 22 ? {} : { bare: named }),
  };
}

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** What some lines say of a host. `name` is the one that decided. */
export class HostLookup {
  readonly #own: readonly Named[];
  readonly #bare: Named | undefined;

  constructor(names: HostNames, lines: readonly KnownHostLine[]) {
    const named = (name: string): Named => ({ name, known: keysOf(lines, name) });
    this.#own = names.own.map(named);
    this.#bare = names.bare === undefined ? undefined : named(names.bare);
  }

  /** Whether a line has a plain key for any of the host's own names. */
  get hasPromises(): boolean {
    return this.#own.some(speaks);
  }

  /** The types of keys to ask the host for first; the bare name has no say in that (order_hostkeyalgs in sshconnect2.c). */
  get types(): ReadonlySet<string> {
    return knownTypes(this.#own.find(speaks)?.known ?? []);
  }

  /**
   * Stricter than OpenSSH in one thing: a key that is revoked under any of the names is revoked, also where a name that OpenSSH asks
   * earlier has it.
   */
  judge(offered: PublicKey): Verdict & { readonly name: string } {
    const all = this.#bare === undefined ? this.#own : [...this.#own, this.#bare];
    const verdicts = all.map(({ name, known }) => ({ name, ...verdictOf(known, offered) }));
    const revoked = verdicts.find(({ kind }) => kind === 'revoked');
    if (revoked !== undefined) return revoked;
    const own = verdicts.slice(0, this.#own.length);
    const bare = verdicts.slice(this.#own.length).find(({ kind }) => kind === 'known');
    const authority = own.find((one) => one.kind === 'unknown' && one.authority !== undefined);
    const decided = own.find(({ kind }) => kind !== 'unknown') ?? bare ?? authority ?? own[0];
    if (decided === undefined) throw new RangeError('a host has a name');
    return decided;
  }
}

interface Named {
  readonly name: string;
  readonly known: readonly KnownKey[];
}

const speaks = ({ known }: Named): boolean => promisesOf(known).length > 0;
