import { Omit } from '../model/omit.js';
import { isMapping } from './describe.js';

/** The value without the fields and elements that are `omit`; `omit` itself when it is nothing else. */
export function withoutOmitted(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => !(one instanceof Omit)).map(withoutOmitted);
  if (!isMapping(value)) return value;
  const kept = {};
  for (const [key, one] of Object.entries(value)) {
    if (one instanceof Omit) continue;
    Object.defineProperty(kept, key, {
      value: withoutOmitted(one),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return kept;
}
