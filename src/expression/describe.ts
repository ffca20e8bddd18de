import { describeValue as describePlainValue } from '../config/describe-value.js';
import { LazyMapping } from '../model/lazy-mapping.js';
import { Omit } from '../model/omit.js';
import { Secret } from '../model/secret.js';
import { UnknownValue } from '../model/unknown.js';

/** What a value is, for people: `a list`, `the number 5`, `"yes"`. Never shows a secret. */
export function describeValue(value: unknown): string {
  if (value instanceof Secret) return 'a secret';
  if (value instanceof UnknownValue) return `not known yet (${value.because})`;
  if (value instanceof LazyMapping) return 'a mapping';
  if (value instanceof Omit) return 'omit';
  return describePlainValue(value);
}

/** A mapping as YAML makes it: not a list, nor one of our own classes. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
