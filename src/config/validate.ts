import { z } from 'zod';
import type { AdfError } from '../errors/adf-error.js';
import { invalidValue, missingKey, unknownKey } from '../errors/config.js';
import { inOrderOfFiles, throwAll } from '../errors/diagnostics.js';
import type { ValuePath } from '../model/source.js';
import { formatPath, valueAt } from './describe-value.js';
import { complain, type Complaint } from './complaint.js';
import { placeOf, type Located } from './located.js';

export type { Located } from './located.js';

/**
 * Checks a value and gives it its type. All that is wrong is told at once, each with its place: an unknown key at the
 * key, a missing one at the mapping that lacks it. `base` is how the value is called in messages, as a path:
 * `['health']` makes it `health.passes`.
 *
 * A schema's own messages are either whole sentences or, beginning in lower case, say what the value must be
 * (`must be a duration`); a `hint` in the parameters of a custom issue becomes the error's hint.
 * Throws `config.invalid_value`, `config.missing_key`, `config.unknown_key`; several together as `AdfErrors`.
 */
export function validate<T>(schema: z.ZodType<T>, document: Located, base: ValuePath = []): T {
  const knownKeys = new KnownKeys();
  const result = schema.safeParse(document.value, { error: knownKeys.note });
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue) => errorsOf(issue, [], document, base, knownKeys));
  throwAll(inOrderOfFiles(errors));
  throw invalidValue(`\`${formatPath(base)}\` does not fit.`, {});
}

/** Zod's issues do not say which keys would have been known; the schema that raised them does, while it checks. */
class KnownKeys {
  readonly #noted: (readonly string[])[] = [];

  /** An error map whose messages are references into what was noted. */
  readonly note = (issue: z.core.$ZodRawIssue): string => {
    this.#noted.push(issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : []);
    return `\0${this.#noted.length - 1}`;
  };

  of(message: string): readonly string[] {
    return this.#noted[Number(message.slice(1))] ?? [];
  }
}

const isOwn = (message: string): boolean => !message.startsWith('\0');

function errorsOf(
  issue: z.core.$ZodIssue,
  parent: ValuePath,
  document: Located,
  base: ValuePath,
  knownKeys: KnownKeys,
): readonly AdfError[] {
  const path = [...parent, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const whole = [...base, ...path];
  const value = valueAt(document.value, path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys.of(issue.message);
    return issue.keys.map((key) =>
      unknownKey(key, known, formatPath(whole), placeOf(document.locate, [...path, key], 'key')),
    );
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0 && !isOwn(issue.message)) {
    return likeliest(issue.errors).flatMap((inner) => errorsOf(inner, path, document, base, knownKeys));
  }
  if (value === undefined && path.length > 0 && !isOwn(issue.message)) {
    return [missingKey(formatPath(whole), placeOf(document.locate, path.slice(0, -1), 'key'))];
  }
  const inner = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue;
  const complaint = isOwn(inner.message)
    ? { message: inner.message, ...hintOf(inner) }
    : complain(issue, value);
  const part = issue.code === 'invalid_key' ? 'key' : 'value';
  return [invalidValue(sentence(whole, complaint), placeOf(document.locate, path, part), complaint.hint)];
}

function hintOf(issue: z.core.$ZodIssue): { readonly hint?: string } {
  const hint: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
  return typeof hint === 'string' ? { hint } : {};
}

function sentence(path: ValuePath, { message }: Complaint): string {
  const subject = path.length === 0 ? 'This' : `\`${formatPath(path)}\``;
  const text = /^[a-z]/.test(message) ? `${subject} ${message}` : message;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/**
 * Of the ways a value could have been meant, one of its own kind (a mapping, a text); of those, the one it came furthest
 * in; of those, the one with the least wrong.
 */
function likeliest(branches: readonly z.core.$ZodIssue[][]): readonly z.core.$ZodIssue[] {
  const unknown = (issue: z.core.$ZodIssue): number =>
    issue.code === 'unrecognized_keys' ? issue.keys.length : 0;
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(0, ...issues.map((issue) => issue.path.length + Math.min(unknown(issue), 1)));
  const wrongs = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((sum, issue) => sum + Math.max(unknown(issue), 1), 0);
  const misfit = (issues: readonly z.core.$ZodIssue[]): number =>
    Number(issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0));
  const [best] = branches.toSorted(
    (a, b) => misfit(a) - misfit(b) || depth(b) - depth(a) || wrongs(a) - wrongs(b),
  );
  return best ?? [];
}
