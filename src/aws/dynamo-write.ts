import { isTransient } from '../errors/aws.js';
import type { Milliseconds } from '../model/duration.js';
import type { LockRecord } from './dynamo-record.js';
import type { LockTable, Expected } from './dynamo-table.js';

/** Whether a record is in the table now; if not, what is there instead. */
export type Written =
  { readonly kind: 'written' } | { readonly kind: 'refused'; readonly current: LockRecord | undefined };

/**
 * Writes a record over what is expected, and when the answer does not tell whether it did, reads back: the SDK repeats a write
 * whose reply was lost, and the repetition is refused because the first one happened. Throws what the table throws; after
 * an error that may pass, the write may still happen later.
 */
export async function writeSurely(
  table: LockTable,
  record: LockRecord,
  expected: Expected,
  limit: Milliseconds,
): Promise<Written> {
  const failure = await refusalOf(table.write(record, expected, limit));
  if (failure === 'none') return { kind: 'written' };
  const current = await table.read(record.lock, limit);
  if (current?.version === record.version) return { kind: 'written' };
  if (failure !== 'condition' && isAsExpected(current, expected)) throw failure.error;
  return { kind: 'refused', current };
}

type Failure = 'none' | 'condition' | { readonly error: unknown };

async function refusalOf(write: Promise<boolean>): Promise<Failure> {
  try {
    return (await write) ? 'none' : 'condition';
  } catch (error) {
    if (!isTransient(error)) throw error;
    return { error };
  }
}

const isAsExpected = (current: LockRecord | undefined, expected: Expected): boolean =>
  expected === 'nothing'
    ? current === undefined
    : current !== undefined && expected.includes(current.version);
