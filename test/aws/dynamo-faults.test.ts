import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AdfError } from '../../src/errors/adf-error.js';
import type { Lease, LeaseStore } from '../../src/ports/lease-store.js';
import { keepRenewed } from '../../src/state/keep-renewed.js';
import { systemClock } from '../../src/system/clock.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { lockTableOf, startDynamo, type DynamoServer, type Fate } from './dynamo-server.js';
import { ann, api, bob, failureOf, itemOf, requestOf, storeAt } from './dynamo-stage.js';

let dynamo: DynamoServer;
let clock: FakeClock;
let store: LeaseStore;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  dynamo = await startDynamo();
  clock = new FakeClock();
  store = await storeAt(dynamo, clock);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await dynamo[Symbol.asyncDispose]();
});

/** The fates of the next calls of one operation; those after them are answered. */
function disturb(operation: string, ...fates: readonly Fate[]): void {
  const left = [...fates];
  dynamo.fate = (called) => (called === operation ? left.shift() : undefined) ?? 'answered';
}
const disturbAll = (fate: Fate): void => {
  dynamo.fate = () => fate;
};
/** The calls from now on. */
function recorded(): () => readonly string[] {
  const before = dynamo.calls.length;
  return () => dynamo.calls.slice(before);
}

describe('a write whose reply is lost', () => {
  it('took the lease when the table says so', async () => {
    disturb('PutItem', 'lost_after');
    const lease = await store.acquire(requestOf(ann));

    // The SDK repeats it, which the condition refuses; only reading tells that the first one did it.
    expect(dynamo.calls).toEqual(['GetItem', 'PutItem', 'PutItem', 'GetItem']);
    await lease.renew();
    expect((await failureOf((await storeAt(dynamo, clock)).acquire(requestOf(bob)))).code).toBe('lease.held');
  });

  it('is made again when it never arrived', async () => {
    disturb('PutItem', 'lost_before');
    const lease = await store.acquire(requestOf(ann));
    expect((await itemOf(dynamo))?.['epoch']).toEqual({ N: String(lease.epoch) });
  });

  it.each(['lost_before', 'lost_after'] as const)('renewed the lease when it was %s', async (fate) => {
    const lease = await store.acquire(requestOf(ann));
    await clock.advance(20_000);
    disturb('PutItem', fate);

    await lease.renew();
    expect(lease.deadline).toBe(clock.elapsed() + 40_000);
    await lease.renew();
  });

  it.each(['lost_before', 'lost_after'] as const)('released the lease when it was %s', async (fate) => {
    const lease = await store.acquire(requestOf(ann));
    disturb('PutItem', fate);
    await lease.release();
    expect(await (await storeAt(dynamo, clock)).look(api)).toEqual({ epoch: lease.epoch });
  });

  it('leaves the lease to another run that took it in between', async () => {
    const lease = await store.acquire(requestOf(ann));
    const other = await storeAt(dynamo, clock);
    await other.seize(api, bob);
    disturb('PutItem', 'lost_before', 'lost_before', 'lost_before', 'lost_before', 'lost_before');
    expect((await failureOf(lease.renew())).code).toBe('lease.lost');
  });
});

describe('a table that does not answer', () => {
  it('refuses the lease, and says what was tried', async () => {
    disturbAll('lost_before');
    expect(await failureOf(store.acquire(requestOf(ann)))).toMatchObject({
      code: 'lease.unavailable',
      class: 'refused',
      message: expect.stringMatching(
        /^The lock of group "api" in "prod" is out of reach: http:\S+ does not answer dynamodb:GetItem: ECONNRESET/,
      ) as string,
    });
    disturbAll('answered');
    expect(await store.look(api)).toEqual({ epoch: 0 });
  });

  it('is given up in time when it only keeps silent', async () => {
    disturbAll('silent');
    const refused = failureOf(store.acquire(requestOf(ann)));
    await vi.waitFor(() => expect(dynamo.calls).toHaveLength(1), { timeout: 120_000 });
    await clock.advance(20_000);
    expect(await refused).toMatchObject({
      code: 'lease.unavailable',
      message: expect.stringContaining('does not answer within 20 s') as string,
    });
  });

  it('gives the lease at once to the run that it gave it to without being heard', async () => {
    let written = false;
    dynamo.fate = (operation) => {
      written ||= operation === 'PutItem';
      return written ? 'lost_after' : 'answered';
    };
    expect((await failureOf(store.acquire(requestOf(ann)))).code).toBe('lease.unavailable');
    disturbAll('answered');
    expect((await failureOf((await storeAt(dynamo, clock)).acquire(requestOf(bob)))).code).toBe('lease.held');
    const epoch = (await itemOf(dynamo))?.['epoch']?.N;
    // The same epoch, by which a run that regains its lease knows that nobody had it in between.
    const lease = await store.acquire(requestOf(ann));
    expect(String(lease.epoch)).toBe(epoch);
    expect((await store.acquire(requestOf(ann))).epoch).toBe(lease.epoch + 1);
  });

  describe.each(['lost_before', 'lost_after'] as const)('to a renewal, all %s,', (fate) => {
    it('leaves the deadline as it is, and renews when it answers again', async () => {
      const lease = await store.acquire(requestOf(ann));
      const { deadline } = lease;
      await clock.advance(20_000);
      disturbAll(fate);
      expect((await failureOf(lease.renew())).code).toBe('lease.unavailable');
      expect((await failureOf(lease.renew())).code).toBe('lease.unavailable');
      expect(lease.deadline).toBe(deadline);

      disturbAll('answered');
      await lease.renew();
      expect(lease.deadline).toBe(clock.elapsed() + 40_000);
      await lease.release();
      expect((await store.look(api)).holder).toBeUndefined();
    });
  });

  it('is given up so soon that a renewal can be tried again before the deadline', async () => {
    const lease = await store.acquire(requestOf(ann));
    await clock.advance(20_000);
    disturbAll('silent');
    for (const _ of ['first', 'second']) {
      const calls = recorded();
      const refused = failureOf(lease.renew());
      await vi.waitFor(() => expect(calls()).toEqual(['PutItem']), { timeout: 120_000 });
      await clock.advance(60_000 / 18);
      await vi.waitFor(() => expect(calls()).toEqual(['PutItem', 'GetItem']), { timeout: 120_000 });
      await clock.advance(60_000 / 18);
      expect((await refused).code).toBe('lease.unavailable');
      // The pause of keepRenewed.
      await clock.advance(2_000);
    }
    expect(clock.elapsed()).toBeLessThan(lease.deadline);
  });

  it('keeps a release from nothing but the lease: it runs out', async () => {
    const lease = await store.acquire(requestOf(ann));
    disturbAll('denied');
    await lease.release();
    disturbAll('answered');
    expect((await store.look(api)).holder).toMatchObject(ann);
  });
});

describe('a table that throttles', () => {
  it('slows the lease down', async () => {
    disturb('PutItem', 'throttled', 'throttled');
    const lease = await store.acquire(requestOf(ann));
    disturb('PutItem', 'throttled');
    await lease.renew();
    disturb('PutItem', 'throttled');
    await lease.release();
    expect(await store.look(api)).toEqual({ epoch: lease.epoch });
  });

  it('refuses it in the end', async () => {
    disturbAll('throttled');
    expect(await failureOf(store.acquire(requestOf(ann)))).toMatchObject({
      code: 'lease.unavailable',
      message: expect.stringContaining('AWS throttles dynamodb:GetItem in eu-west-1') as string,
    });
    disturbAll('answered');
    expect(await itemOf(dynamo)).toBeUndefined();
  });
});

describe('a lease that is kept renewed', () => {
  let lost: AdfError[];
  let lease: Lease;

  const keep = async (duration = 3_000): Promise<{ stop(): Promise<void> }> => {
    lost = [];
    lease = await (await storeAt(dynamo, systemClock)).acquire({ ...requestOf(ann), duration });
    return keepRenewed(lease, { duration, clock: systemClock, onLost: (reason) => lost.push(reason) });
  };

  it('outlives a renewal that is lost', async () => {
    // Long enough for a busy machine to renew it in time.
    const kept = await keep(20_000);
    const { deadline } = lease;
    // The whole of one renewal, with the look that follows it.
    let left = 6;
    dynamo.fate = () => (left-- > 0 ? 'lost_before' : 'answered');

    await vi.waitFor(() => expect(lease.deadline).toBeGreaterThan(deadline + 500), { timeout: 120_000 });
    await kept.stop();
    expect(lost).toEqual([]);
    expect(left).toBeLessThan(0);
  });

  it('is given up at two thirds of its duration when no renewal arrives, a third before another run may take it', async () => {
    const kept = await keep();
    const begun = lease.deadline - 2_000;
    disturbAll('lost_before');

    await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 120_000 });
    await kept.stop();
    expect(lost[0]?.code).toBe('lease.unavailable');
    expect(lease.deadline - begun).toBeCloseTo(2_000);
  });

  it('is given up at the first renewal after another run took it', async () => {
    const kept = await keep();
    await (await storeAt(dynamo, clock)).seize(api, bob);
    await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 120_000 });
    await kept.stop();
    expect(lost[0]?.code).toBe('lease.lost');
  });
});

describe('a table that cannot keep locks', () => {
  const create =
    'aws dynamodb create-table --region eu-west-1 --endpoint-url http://… --table-name TABLE' +
    ' --attribute-definitions AttributeName=lock,AttributeType=S --key-schema AttributeName=lock,KeyType=HASH' +
    ' --billing-mode PAY_PER_REQUEST';
  const refusalOf = async (table: string) => {
    const {
      code,
      class: errorClass,
      message,
      hint = '',
    } = await failureOf((await storeAt(dynamo, clock, table)).acquire(requestOf(ann)));
    const plain = (text: string) => text.replaceAll(dynamo.endpoint, 'http://…');
    return { code, class: errorClass, message: plain(message), hint: plain(hint) };
  };

  it('is named when it is missing, with the command that creates it', async () => {
    expect(await refusalOf('lokcs')).toEqual({
      code: 'lease.table_missing',
      class: 'refused',
      message:
        'The table "lokcs", where adfpush.yml keeps its locks, does not exist in eu-west-1 at http://….',
      hint: `Create it, and wait until it is active: ${create.replace('TABLE', 'lokcs')}`,
    });
  });

  it.each([
    ['another partition key', [['id', 'S', 'HASH']]],
    ['a number as its key', [['lock', 'N', 'HASH']]],
    [
      'a sort key',
      [
        ['lock', 'S', 'HASH'],
        ['at', 'S', 'RANGE'],
      ],
    ],
  ] as const)('is named when it has %s', async (_, keys) => {
    await dynamo.client.send(
      new CreateTableCommand({
        ...lockTableOf('others'),
        AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
        KeySchema: keys.map(([AttributeName, , KeyType]) => ({ AttributeName, KeyType })),
      }),
    );
    const refusal = await refusalOf('others');
    expect(refusal).toMatchObject({ code: 'lease.table_keys', class: 'refused' });
    expect(refusal.message).toContain('The table "others" in eu-west-1 at http://… has other keys');
    expect(refusal.hint).toContain('Its partition key must be the text "lock", without a sort key.');
  });

  it.each(['GetItem', 'PutItem'])('is refused with the permission that lacks: %s', async (operation) => {
    disturb(operation, 'denied');
    expect(await refusalOf('locks')).toMatchObject({
      code: 'aws.access_denied',
      class: 'refused',
      hint: `Allow dynamodb:${operation} in the IAM policy.`,
    });
  });

  it('is refused when the item was edited by hand', async () => {
    await dynamo.client.send(
      new PutItemCommand({ TableName: 'locks', Item: { lock: { S: 'prod.api' }, epoch: { N: '4' } } }),
    );
    expect(await refusalOf('locks')).toMatchObject({
      code: 'lease.item_malformed',
      class: 'refused',
      message:
        'The item "prod.api" of the table "locks" is no lock of adfpush: its attribute "version" is missing or of another kind.',
    });
  });
});
