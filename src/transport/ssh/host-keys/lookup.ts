import type { Destination } from '../settings.js';
import { keysOf, type KnownHostLine, type KnownKey } from './known-hosts.js';
import { knownHostName, lower } from './name-patterns.js';
import type { PublicKey } from './public-key.js';
import { knownTypes, promisesOf, verdictOf, type Verdict } from './verdict.js';

/** The names under which known_hosts may have a host's keys. Strings of bytes (latin1). */
export interface HostNames {
  /** Asked in this order; the first that has a plain key decides. New keys are recorded under the first. */
  readonly own: readonly [string, ...string[]];
  /** The address without its port: a key that is there is believed, another one says nothing, since it is of the sshd on port 22. */
  readonly bare?: string;
}

/**
 * As OpenSSH names a host: by its alias and nothing else; without one by address and port, then by the address alone.
 *
 * `permanentName` comes before the address where no alias is set: an EC2 instance is known by its id, since EC2 gives the address of
 * an instance that is gone to another one. What it finds is what `ssh -o HostKeyAlias=ID` would find, what the address finds is what
 * `ssh ADDRESS` would, so nobody is trusted whom neither would trust; and where the id has a key, the address is not asked.
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
