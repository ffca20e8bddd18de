import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { awsError } from '../errors/aws.js';
import { explainedTable, tableSilent, type LockTablePlace } from '../errors/dynamo.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { AwsClients } from './clients.js';

export type Item = Readonly<Record<string, AttributeValue>>;

/** When an item may be written: a condition expression of DynamoDB with its names and values. */
export interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/**
 * The items of a table of DynamoDB whose partition key is the text `lock`. Times are limits: what takes longer is given up, and may still
 * happen. Both calls throw `aws.*`, `lease.table_missing`, `lease.table_keys`.
 */
export class DynamoItems {
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

  /** What the newest write left. */
  async get(key: string, limit: Milliseconds): Promise<Item | undefined> {
    const { table, region } = this.place;
    const { Item: item } = await this.#call('GetItem', limit, async (abortSignal) => {
      const client = this.#client(region);
      const command = new GetItemCommand({
        TableName: table,
        Key: { lock: { S: key } },
        ConsistentRead: true,
      });
      return client.send(command, { abortSignal });
    });
    return item;
  }

  /** False when the condition does not hold, which is also the answer to the repetition of a write that happened: only reading tells. */
  async put(item: Item, condition: Condition, limit: Milliseconds): Promise<boolean> {
    const { table, region } = this.place;
    return this.#call('PutItem', limit, async (abortSignal) => {
      const client = this.#client(region);
      const command = new PutItemCommand({ TableName: table, Item: { ...item }, ...condition });
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
