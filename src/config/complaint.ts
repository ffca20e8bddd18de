import type { z } from 'zod';
import { suggest } from '../errors/nearest.js';
import { describeValue } from './describe-value.js';

/** What is wrong with a value: a whole sentence, or what it must be, in lower case. */
export interface Complaint {
  readonly message: string;
  readonly hint?: string | undefined;
}

const wanted: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'empty',
};

/** Says in plain words what zod found. */
export function complain(issue: z.core.$ZodIssue, value: unknown): Complaint {
  const given = describeValue(value);
  switch (issue.code) {
    case 'invalid_type':
      return {
        message: `must be ${wanted[issue.expected] ?? issue.expected}, not ${given}`,
        hint: quotingHint(issue.expected, value),
      };
    case 'invalid_value': {
      const words = issue.values.map(String);
      const list = words.length === 1 ? words.join('') : `one of ${words.join(', ')}`;
      return {
        message: `must be ${list}, not ${given}`,
        hint: typeof value === 'string' && words.length > 1 ? near(value, words) : undefined,
      };
    }
    case 'too_small':
    case 'too_big':
      return { message: `must ${limit(issue)}${typeof value === 'number' ? `, not ${value}` : ''}` };
    case 'invalid_key':
      return { message: `has a name that is not allowed` };
    case 'not_multiple_of':
      return { message: `must be a multiple of ${issue.divisor}, not ${given}` };
    default:
      return { message: `must not be ${given}` };
  }
}

const near = (word: string, words: readonly string[]): string | undefined =>
  suggest(word, words, 'Known here');

function quotingHint(expected: string, value: unknown): string | undefined {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    return `Put it in quotes: "${value}".`;
  }
  if (expected === 'boolean' && typeof value === 'string' && /^(yes|no|on|off|y|n)$/i.test(value)) {
    return `Write ${/^(yes|on|y)$/i.test(value) ? 'true' : 'false'}: in YAML 1.2 "${value}" is text.`;
  }
  if (
    typeof value === 'string' &&
    value !== '' &&
    Number.isFinite(Number(value)) &&
    /^(number|int)$/.test(expected)
  ) {
    return 'Leave out the quotes.';
  }
  return undefined;
}

function limit(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [bound, inclusive] =
    issue.code === 'too_small'
      ? [`at least ${issue.minimum}`, issue.inclusive]
      : [`at most ${issue.maximum}`, issue.inclusive];
  const amount =
    inclusive === false ? bound.replace('at least', 'more than').replace('at most', 'less than') : bound;
  if (issue.origin === 'string')
    return amount === 'at least 1' ? 'not be empty' : `have ${amount} characters`;
  if (issue.origin === 'array') return amount === 'at least 1' ? 'not be empty' : `have ${amount} items`;
  return `be ${amount}`;
}
