import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AwsClients } from '../../src/aws/clients.js';
import type { LockRecord } from '../../src/aws/dynamo-record.js';
import { DynamoItems } from '../../src/aws/dynamo-items.js';
import { DynamoTable, type LockTable } from '../../src/aws/dynamo-table.js';
import { systemClock } from '../../src/system/clock.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { race } from './dynamo-race.js';
import { startDynamo, type DynamoServer } from './dynamo-server.js';

/** What DynamoDB promises, without DynamoDB. */
function tableInMemory(): LockTable {
  const records = new Map<string, LockRecord>();
  return {
    read: (lock) => Promise.resolve(records.get(lock)),
    write: (record, expected) => {
      const current = records.get(record.lock);
      const fits =
        expected === 'nothing'
          ? current === undefined
          : current !== undefined && expected.includes(current.version);
      if (fits) records.set(record.lock, record);
      return Promise.resolve(fits);
    },
  };
}

const risen = (epochs: readonly number[]): boolean =>
  epochs.every((epoch, index) => index === 0 || epoch > (epochs[index - 1] ?? 0));

/** All counts together. */
const total = (all: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sum: Record<string, number> = {};
  for (const [what, count] of all.flatMap((counts) => Object.entries(counts))) {
    sum[what] = (sum[what] ?? 0) + count;
  }
  return sum;
};

describe('machines that race for a lease, with clocks that differ and calls that get lost', () => {
  it('never hold it at once, and each gets a higher epoch, whatever the order: 200 seeds', async () => {
    const counts: Readonly<Record<string, number>>[] = [];
    for (let seed = 1; seed <= 200; seed += 1) {
      const result = await race(tableInMemory(), new SeededRandom(seed), 1_500);
      expect({ seed, atOnce: result.atOnce, risen: risen(result.epochs) }).toEqual({
        seed,
        atOnce: 1,
        risen: true,
      });
      counts.push(result.counts);
    }
    const sum = total(counts);
    for (const event of ['taken', 'renewed', 'killed', 'asleep', 'lease.lost', 'lease.unavailable', 'late']) {
      expect(sum[event], event).toBeGreaterThan(50);
    }
  });

  it('do the same for the same seed', async () => {
    const once = await race(tableInMemory(), new SeededRandom(7), 1_000);
    expect(await race(tableInMemory(), new SeededRandom(7), 1_000)).toEqual(once);
  });
});

describe('machines that race for a lease in a real DynamoDB API', () => {
  let dynamo: DynamoServer;
  beforeEach(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    dynamo = await startDynamo();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await dynamo[Symbol.asyncDispose]();
  });

  it.each([1, 2, 3])('never hold it at once, and each gets a higher epoch: seed %i', async (seed) => {
    const clients = new AwsClients({ endpoint: dynamo.endpoint, region: 'eu-west-1' });
    const table = new DynamoTable(new DynamoItems(clients, 'locks', 'eu-west-1', systemClock));
    const result = await race(table, new SeededRandom(seed), 800);

    expect(result.atOnce).toBe(1);
    expect(risen(result.epochs)).toBe(true);
    expect(result.counts['taken']).toBeGreaterThan(1);
  });
});
