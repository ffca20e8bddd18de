import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { awsError } from '../errors/aws.js';
import { explainedTable, lockItemMalformed, tableSilent, type LockTablePlace } from '../errors/dynamo.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { AwsClients } from './clients.js';
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

/** A table of DynamoDB whose partition key is the text `lock`. */
export class DynamoTable implements LockTable {
  readonly place: LockTablePlace;
  readonly #client: (region: string) => DynamoDBClient;

  constructor(
    clients: AwsClients,
    table: string,
    region: string,
    private readonly clock: Clock,
  ) {
    this.place = { ...clients.access, table, region };
    // A lease's calls are few and cannot wait: one that was throttled must not hold up the next ones.
    this.#client = clients.perRegion(
      (settings) => new DynamoDBClient({ ...settings, retryMode: 'standard' }),
    );
  }

  /** Throws `aws.*`, `lease.table_missing`, `lease.table_keys`, `lease.item_malformed`. */
  async read(lock: string, limit: Milliseconds): Promise<LockRecord | undefined> {
    const { table, region } = this.place;
    const { Item: item } = await this.#call('GetItem', limit, async (abortSignal) => {
      const client = this.#client(region);
      const command = new GetItemCommand({
        TableName: table,
        Key: { lock: { S: lock } },
        ConsistentRead: true,
      });
      return client.send(command, { abortSignal });
    });
    if (item === undefined) return undefined;
    return fromItem(item, (attribute) => {
      throw lockItemMalformed(this.place, lock, attribute);
    });
  }

  /** Throws as `read` does. */
  async write(record: LockRecord, expected: Expected, limit: Milliseconds): Promise<boolean> {
    const { table, region } = this.place;
    return this.#call('PutItem', limit, async (abortSignal) => {
      const client = this.#client(region);
      const command = new PutItemCommand({
        TableName: table,
        Item: toItem(record),
        ...conditionOf(expected),
      });
      try {
        await client.send(command, { abortSignal });
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    });
  }

  async #call<T>(
    operation: string,
    limit: Milliseconds,
    make: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const round = new AbortController();
    const done = new AbortController();
    const alarm = this.clock.sleep(limit, done.signal).then(() => {
      round.abort();
      throw tableSilent(this.place, limit);
    });
    const call = make(round.signal);
    try {
      // Not by the signal alone: it does not wake the SDK from its pause before a repetition.
      return await Promise.race([call, alarm]);
    } catch (error) {
      throw (
        explainedTable(error, this.place) ??
        awsError(error, { ...this.place, action: `dynamodb:${operation}` })
      );
    } finally {
      done.abort();
    }
  }
}

function conditionOf(expected: Expected) {
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
