import { Secret } from '../model/secret.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import { isMapping } from './describe.js';

/** The value with every Secret inside opened, and whether there was one. */
export function openWithin(value: unknown): { readonly value: unknown; readonly found: boolean } {
  const found: Secret[] = [];
  const open = (inner: unknown): unknown => {
    if (!(inner instanceof Secret)) return mapWithin(inner, open);
    found.push(inner);
    return inner.reveal();
  };
  const opened = open(value);
  return found.length > 0 ? { value: opened, found: true } : { value, found: false };
}

/** The value with every text and number inside made a Secret. True, false and nothing stay. */
export function hideWithin(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number') return new Secret(String(value));
  return mapWithin(value, hideWithin);
}

/** What a function made from a secret is kept from being shown too, where it is not another form of the secret, which is masked anyway. */
export function keepDerived(value: unknown, madeBy: string, keeper: SecretKeeper): void {
  if (typeof value === 'string' || typeof value === 'number') {
    if (!keeper.isIn(String(value)))
      keeper.add(new Secret(String(value)), `what ${madeBy} made from a secret`);
  } else if (Array.isArray(value)) {
    for (const inner of value) keepDerived(inner, madeBy, keeper);
  } else if (isMapping(value)) {
    for (const inner of Object.values(value)) keepDerived(inner, madeBy, keeper);
  }
}

/** A list or mapping with each of its values replaced; everything else as it is. */
function mapWithin(value: unknown, change: (inner: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (!isMapping(value)) return value;
  const changed = {};
  for (const [key, inner] of Object.entries(value)) {
    Object.defineProperty(changed, key, {
      value: change(inner),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return changed;
}
