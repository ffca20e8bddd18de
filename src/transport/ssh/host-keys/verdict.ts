import { defined } from '../../../model/defined.js';
import type { KnownKey } from './known-hosts.js';
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
export function verdictOf(known: readonly KnownKey[], offered: PublicKey): Verdict {
  const same = ({ key }: KnownKey): boolean => key.identity === offered.identity;
  const revoked = known.find((one) => one.marker === 'revoked' && same(one));
  if (revoked !== undefined) return { kind: 'revoked', by: revoked };
  const promised = promisesOf(known);
  if (promised.some(same)) return { kind: 'known' };
  // The one that it replaces, for whoever has to compare the two: of the same type where there is one.
  const contradicted = promised.find(({ key }) => key.type === offered.type) ?? promised[0];
  if (contradicted !== undefined) return { kind: 'changed', contradicted };
  const authority = known.find(({ marker }) => marker === 'cert-authority');
  return { kind: 'unknown', ...defined({ authority }) };
}

/** The keys that the host may have. */
export const promisesOf = (known: readonly KnownKey[]): readonly KnownKey[] =>
  known.filter(({ marker }) => marker === undefined);

/** The types of keys to ask the host for first. A type whose first key is revoked is none (lookup_key_in_hostkeys_by_type). */
export function knownTypes(known: readonly KnownKey[]): ReadonlySet<string> {
  const first = new Map<string, KnownKey>();
  for (const one of promisesOf(known)) if (!first.has(one.key.type)) first.set(one.key.type, one);
  const usable = [...first.values()].filter(({ key }) => verdictOf(known, key).kind !== 'revoked');
  return new Set(usable.map(({ key }) => key.type));
}
