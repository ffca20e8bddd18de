import { lockItemMalformed } from '../errors/dynamo.js';
import type { Milliseconds } from '../model/duration.js';
import type { Condition, DynamoItems } from './dynamo-items.js';
import { fromItem, toItem, type LockRecord } from './dynamo-record.js';

/** What must be in the table for a write to happen: nothing, or a record of one of these versions. */
export type Expected = 'nothing' | readonly string[];

/** What the protocol needs of a table. Times are limits: what takes longer is given up, and may still happen. */
export interface LockTable {
  /** What the newest write left; undefined when the lock was never taken. */
  read(lock: string, limit: Milliseconds): Promise<LockRecord | undefined>;
  /**
   * False when what was expected is not there, which is also the answer to the repetition of a write that happened: only reading tells.
   */
  write(record: LockRecord, expected: Expected, limit: Milliseconds): Promise<boolean>;
}

/** The leases among the items of a table of DynamoDB. */
export class DynamoTable implements LockTable {
  constructor(private readonly items: DynamoItems) {}

  /** Throws what the table throws, and `lease.item_malformed`. */
  async read(lock: string, limit: Milliseconds): Promise<LockRecord | undefined> {
    const item = await this.items.get(lock, limit);
    if (item === undefined) return undefined;
    return fromItem(item, (attribute) => {
      throw lockItemMalformed(this.items.place, lock, attribute);
    });
  }

  /** Throws what the table throws. */
  write(record: LockRecord, expected: Expected, limit: Milliseconds): Promise<boolean> {
    return this.items.put(toItem(record), conditionOf(expected), limit);
  }
}

function conditionOf(expected: Expected): Condition {
  if (expected === 'nothing') {
    return {
      ConditionExpression: 'attribute_not_exists(#lock)',
      ExpressionAttributeNames: { '#lock': 'lock' },
    };
  }
  const values = expected.map((version, index) => [`:v${index}`, { S: version }] as const);
  return {
    ConditionExpression: `#version IN (${values.map(([name]) => name).join(', ')})`,
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: Object.fromEntries(values),
  };
}
