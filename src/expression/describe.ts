import { Secret } from '../model/secret.js';
import { UnknownValue } from '../model/unknown.js';

/** What a value is, for people: `a list`, `the number 5`, `the text "yes"`. Never shows a secret. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (value instanceof Secret) return 'a secret';
  if (value instanceof UnknownValue) return 'not known yet';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return value.length <= 40 ? `the text "${value}"` : 'a text';
    case 'number':
    case 'bigint':
      return `the number ${value}`;
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return 'a mapping';
  }
}

/** A mapping as YAML makes it: not a list, nor one of our own classes. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
