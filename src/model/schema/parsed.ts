import { z } from 'zod';
import type { ValuePath } from '../source.js';

/** Says what is wrong, `must be …`, and what to do; the place is the value's own, or one inside it. */
export type Refuse = (message: string, hint?: string, path?: ValuePath) => void;

/**
 * A schema made of one function, for values that may be written in several ways. What the function returns after it
 * refused does not matter. A missing value is reported as missing, and the function not asked. `meta({ type })` says in docs/reference.md
 * what may be written.
 */
export const parsed = <T>(read: (value: unknown, refuse: Refuse) => T) =>
  z.unknown().transform((value, context): T => {
    if (value === undefined) {
      context.issues.push({ code: 'invalid_type', expected: 'nonoptional', input: value });
      return z.NEVER;
    }
    return read(value, (message, hint, path = []) =>
      context.issues.push({
        code: 'custom',
        message,
        path: [...path],
        input: value,
        ...(hint === undefined ? {} : { params: { hint } }),
      }),
    );
  });

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;
type CamelKeys<T> = { [K in keyof T as K extends string ? Camel<K> : K]: T[K] };

/** From YAML's `stop_timeout` to the model's `stopTimeout`, one level deep. */
export const camelKeys = <T extends object>(mapping: T): CamelKeys<T> =>
  // The compiler cannot follow keys that are computed as text: this cast is where it is told.
  Object.fromEntries(
    Object.entries(mapping).map(([key, value]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value as unknown,
    ]),
  ) as CamelKeys<T>;

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
