import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { LeaseStore } from '../../src/ports/lease-store.js';
import { waitForLease } from '../../src/state/wait-for-lease.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { startDynamo, type DynamoServer } from './dynamo-server.js';
import { ann, api, bob, failureOf, itemOf, requestOf, storeAt } from './dynamo-stage.js';

let dynamo: DynamoServer;
let clock: FakeClock;
let store: LeaseStore;
let other: LeaseStore;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  dynamo = await startDynamo();
  clock = new FakeClock();
  store = await storeAt(dynamo, clock);
  other = await storeAt(dynamo, clock);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await dynamo[Symbol.asyncDispose]();
});

const hour = 3_600_000;
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'got',
    async (error: unknown) => (await failureOf(Promise.reject(error as Error))).code,
  );

/** Bob waits for it. Time passes while he sleeps, and not while the table answers. */
async function wait(
  length: number,
  onHeld: (code: string) => void,
  meanwhile: () => Promise<void> | undefined = () => undefined,
): Promise<void> {
  await waitForLease(other, requestOf(bob), {
    wait: length,
    clock: {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      sleep: async (pause) => {
        await clock.advance(pause);
        await meanwhile();
      },
    },
    random: new SeededRandom(7),
    onHeld: ({ code }) => onHeld(code),
  });
}

describe('a lease in DynamoDB', () => {
  it('is one item of the table, that says to people what it is', async () => {
    await store.acquire(requestOf(ann));

    expect(await itemOf(dynamo)).toEqual({
      lock: { S: 'prod.api' },
      epoch: { N: expect.any(String) as string },
      version: { S: expect.stringMatching(/^[0-9a-f]{32}$/) as string },
      duration_ms: { N: '60000' },
      run: { S: 'run-a' },
      who: { S: 'ann@desk' },
      link: { S: 'https://ci/job/7' },
      released: { BOOL: false },
      since: { S: '2026-11-21T03:15:00.000Z' },
      renewed: { S: '2026-11-21T03:15:00.000Z' },
    });
  });

  it('is held by one at a time, and tells who holds it, for how long, and until when', async () => {
    await store.acquire(requestOf(ann));
    await clock.advance(25_000);

    expect(await failureOf(other.acquire(requestOf(bob)))).toMatchObject({
      code: 'lease.held',
      class: 'refused',
      message: 'Group "api" in "prod" is locked by ann@desk, run run-a (https://ci/job/7), for 25 s now.',
      hint: expect.stringContaining('runs out in 1 m') as string,
    });
  });

  it('is of one group of one environment', async () => {
    await store.acquire(requestOf(ann));

    await other.acquire({ ...requestOf(bob), group: groupName('worker') });
    await other.acquire({ ...requestOf(bob), environment: environmentName('staging') });
  });

  it('has a name and a deadline: two thirds of its duration after it was asked for', async () => {
    const lease = await store.acquire(requestOf(ann));
    expect(lease.name).toBe('prod.api');
    expect(lease.deadline).toBe(clock.elapsed() + 40_000);

    await clock.advance(20_000);
    await lease.renew();
    expect(lease.deadline).toBe(clock.elapsed() + 40_000);
  });

  it('is won by exactly one of 20 who want it at once, be it new, released or run out', async () => {
    const round = async (name: string): Promise<string[]> => {
      const stores = await Promise.all(Array.from({ length: 20 }, () => storeAt(dynamo, clock)));
      // Each has seen what is there before time passes.
      for (const each of stores) await each.look(api);
      await clock.advance(name === 'run out' ? 60_000 : 0);
      return Promise.all(
        stores.map((each, index) =>
          codeOf(each.acquire(requestOf({ run: `${name}-${index}`, who: 'a crowd' }))),
        ),
      );
    };
    const won = (codes: readonly string[]) => codes.filter((code) => code === 'got').length;

    const fresh = await round('new');
    expect([won(fresh), new Set(fresh)]).toEqual([1, new Set(['got', 'lease.held'])]);

    await other.seize(api, bob);
    expect(won(await round('released'))).toBe(1);
    expect(won(await round('run out'))).toBe(1);
  });

  it('may be taken at once when it was released, and keeps its item for its epoch', async () => {
    const lease = await store.acquire(requestOf(ann));
    await lease.release();

    expect(await itemOf(dynamo)).toMatchObject({
      released: { BOOL: true },
      epoch: { N: String(lease.epoch) },
    });
    expect(await other.look(api)).toEqual({ epoch: lease.epoch });
    expect((await other.acquire(requestOf(bob))).epoch).toBe(lease.epoch + 1);
  });

  it('may be taken only when it stayed the same for its whole duration, seen from here', async () => {
    await store.acquire(requestOf(ann));
    await clock.advance(10 * hour);

    // Dead for hours, but nobody who asks for the first time can know.
    expect(await codeOf(other.acquire(requestOf(bob)))).toBe('lease.quiet');
    await clock.advance(59_999);
    expect(await codeOf(other.acquire(requestOf(bob)))).toBe('lease.quiet');
    await clock.advance(1);
    expect(await codeOf(other.acquire(requestOf(bob)))).toBe('got');
  });

  it('is not taken from a holder who renews it, however long it is waited for', async () => {
    const lease = await store.acquire(requestOf(ann));
    for (let third = 0; third < 30; third += 1) {
      expect(await codeOf(other.acquire(requestOf(bob)))).toBe('lease.held');
      await clock.advance(20_000);
      await lease.renew();
    }
  });

  it('goes by how long its holder said that it lives, not by what the one who waits would say', async () => {
    await store.acquire({ ...requestOf(ann), duration: 300_000 });
    await codeOf(other.acquire({ ...requestOf(bob), duration: 3_000 }));
    await clock.advance(299_000);
    expect(await codeOf(other.acquire({ ...requestOf(bob), duration: 3_000 }))).toBe('lease.held');
    await clock.advance(1_000);
    expect(await codeOf(other.acquire({ ...requestOf(bob), duration: 3_000 }))).toBe('got');
  });

  it('is got by who waits, soon after its holder died', async () => {
    await store.acquire(requestOf(ann));
    const heard: string[] = [];
    const begun = clock.elapsed();
    await wait(10 * 60_000, (code) => heard.push(code));

    expect(heard.length).toBeGreaterThan(5);
    expect(clock.elapsed() - begun).toBeGreaterThanOrEqual(60_000);
    expect(clock.elapsed() - begun).toBeLessThan(70_000);
  });

  it('is got without being waited for when its holder is long dead: for as long as it takes to know that', async () => {
    await store.acquire(requestOf(ann));
    await clock.advance(10 * hour);
    const begun = clock.elapsed();
    const heard = new Set<string>();
    await wait(0, (code) => heard.add(code));

    expect(heard).toEqual(new Set(['lease.quiet']));
    expect(clock.elapsed() - begun).toBeGreaterThanOrEqual(60_000);
    expect(clock.elapsed() - begun).toBeLessThanOrEqual(65_000);
  });

  it('is refused without being waited for as soon as its holder shows that it lives', async () => {
    const behind = await storeAt(dynamo, new FakeClock({ epoch: Date.UTC(2026, 0, 1) }));
    const lease = await behind.acquire(requestOf(ann));
    const begun = clock.elapsed();
    const heard: string[] = [];
    const refused = failureOf(
      wait(
        0,
        (code) => heard.push(code),
        () => (clock.elapsed() - begun > 20_000 ? lease.renew() : undefined),
      ),
    );

    expect((await refused).code).toBe('lease.held');
    expect(new Set(heard)).toEqual(new Set(['lease.quiet']));
    expect(clock.elapsed() - begun).toBeLessThan(26_000);
  });

  it('compares no clocks: machines whose clocks are hours apart exclude each other all the same', async () => {
    const early = new FakeClock({ epoch: Date.UTC(2026, 0, 1) });
    const late = new FakeClock({ epoch: Date.UTC(2027, 0, 1) });
    const ahead = await storeAt(dynamo, late);
    const behind = await storeAt(dynamo, early);

    const lease = await behind.acquire(requestOf(ann));
    // Which of the two it is called is a guess.
    expect(await codeOf(ahead.acquire(requestOf(bob)))).toMatch(/^lease\.(held|quiet)$/);
    await lease.release();
    await ahead.acquire(requestOf(bob));
    expect(await codeOf(behind.acquire(requestOf(ann)))).toBe('lease.held');
    await early.advance(59_000);
    expect(await codeOf(behind.acquire(requestOf(ann)))).toBe('lease.held');
    await early.advance(1_000);
    expect(await codeOf(behind.acquire(requestOf(ann)))).toBe('got');
  });

  it('compares none either when it guesses that a holder died: a living one whose clock is behind keeps its lease', async () => {
    const behind = await storeAt(dynamo, new FakeClock({ epoch: Date.UTC(2026, 0, 1) }));
    const lease = await behind.acquire(requestOf(ann));

    expect(await codeOf(other.acquire(requestOf(bob)))).toBe('lease.quiet');
    await clock.advance(20_000);
    await lease.renew();
    // Seen to live, whatever its clock says.
    expect(await codeOf(other.acquire(requestOf(bob)))).toBe('lease.held');
    await clock.advance(40_001);
    expect(await codeOf(other.acquire(requestOf(bob)))).toBe('lease.held');
  });

  it('tells an age of nothing, not of less, when the clock of its holder is ahead', async () => {
    const ahead = await storeAt(dynamo, new FakeClock({ epoch: Date.UTC(2030, 0, 1) }));
    await ahead.acquire(requestOf(ann));

    await clock.advance(5_000);
    expect((await store.look(api)).holder).toMatchObject({ heldFor: 0, expiresIn: 60_000 });
    await clock.advance(5_000);
    expect((await store.look(api)).holder).toMatchObject({ heldFor: 5_000, expiresIn: 55_000 });
  });
});

describe('the epoch of a lease in DynamoDB', () => {
  it('rises with each taking: after a release, after it ran out, after it was ended by force', async () => {
    const epochs: number[] = [];
    const first = await store.acquire(requestOf(ann));
    epochs.push(first.epoch);
    await first.release();
    epochs.push((await other.acquire(requestOf(bob))).epoch);
    await store.look(api);
    await clock.advance(60_000);
    epochs.push((await store.acquire(requestOf(ann))).epoch);
    epochs.push((await other.seize(api, bob)).epoch);
    epochs.push((await store.look(api)).epoch);
    epochs.push((await other.acquire(requestOf(bob))).epoch);

    const [start = 0] = epochs;
    expect(epochs.map((epoch) => epoch - start)).toEqual([0, 1, 2, 3, 3, 4]);
  });

  it('stays the same while it is renewed and when it is released', async () => {
    const lease = await store.acquire(requestOf(ann));
    await lease.renew();
    await lease.release();
    expect((await store.look(api)).epoch).toBe(lease.epoch);
  });

  it('is more than it ever was when the item is deleted: hosts keep the newest', async () => {
    const lease = await store.acquire(requestOf(ann));
    await lease.release();
    const { epoch } = await other.acquire(requestOf(bob));
    await dynamo.client.send(new DeleteItemCommand({ TableName: 'locks', Key: { lock: { S: 'prod.api' } } }));
    expect(await store.look(api)).toEqual({ epoch: 0 });

    await clock.advance(5_000);
    expect((await store.acquire(requestOf(ann))).epoch).toBeGreaterThan(epoch);
  });
});

describe('a holder who lost its lease in DynamoDB', () => {
  it('is told so when it wakes up and renews, and by whom', async () => {
    const zombie = await store.acquire(requestOf(ann));
    await codeOf(other.acquire(requestOf(bob)));
    await clock.advance(60_000);
    const lease = await other.acquire(requestOf(bob));

    expect(await failureOf(zombie.renew())).toMatchObject({
      code: 'lease.lost',
      message: 'The lock of group "api" in "prod" is lost: bob@build-2, run run-b, has it now.',
    });
    await lease.renew();
  });

  it('takes nothing from the new one by its release', async () => {
    const zombie = await store.acquire(requestOf(ann));
    await codeOf(other.acquire(requestOf(bob)));
    await clock.advance(60_000);
    const lease = await other.acquire(requestOf(bob));
    const before = await itemOf(dynamo);

    await zombie.release();
    expect(await itemOf(dynamo)).toEqual(before);
    await lease.renew();
  });

  it('loses it at its next renewal when it is ended by force, and its deadline does not move', async () => {
    const lease = await store.acquire(requestOf(ann));
    const { deadline } = lease;
    await clock.advance(20_000);
    await other.seize(api, bob);

    expect(await failureOf(lease.renew())).toMatchObject({
      code: 'lease.lost',
      message: 'The lock of group "api" in "prod" is lost: bob@build-2, run run-b, ended it.',
    });
    expect(lease.deadline).toBe(deadline);
    expect(await other.look(api)).toEqual({ epoch: lease.epoch + 1 });
  });

  it('goes on when it slept past its deadline and no other run took it meanwhile', async () => {
    const lease = await store.acquire(requestOf(ann));
    await clock.advance(10 * hour);
    await lease.renew();
    expect(lease.deadline).toBe(clock.elapsed() + 40_000);
    expect(await codeOf(other.acquire(requestOf(bob)))).toBe('lease.held');
  });

  it('may take it again without waiting for itself, and its old one is lost then', async () => {
    const old = await store.acquire(requestOf(ann));
    await clock.advance(45_000);
    const again = await store.acquire(requestOf(ann));

    expect(again.epoch).toBe(old.epoch + 1);
    expect((await failureOf(old.renew())).code).toBe('lease.lost');
    await again.renew();
    // Another run of the same process is somebody else, and so is another process of the same run.
    expect(await codeOf(store.acquire(requestOf(bob)))).toBe('lease.held');
    expect(await codeOf(other.acquire(requestOf(ann)))).toBe('lease.held');
  });

  it('cannot renew an item that was deleted', async () => {
    const lease = await store.acquire(requestOf(ann));
    await dynamo.client.send(new DeleteItemCommand({ TableName: 'locks', Key: { lock: { S: 'prod.api' } } }));
    expect(await failureOf(lease.renew())).toMatchObject({
      code: 'lease.lost',
      message: expect.stringContaining('its item is not in the table any more') as string,
    });
  });
});

describe('a look at a lease in DynamoDB', () => {
  it('changes nothing, and tells of one that was never taken', async () => {
    expect(await store.look(api)).toEqual({ epoch: 0 });
    expect(await itemOf(dynamo)).toBeUndefined();
    expect(dynamo.calls).toEqual(['GetItem']);
  });

  it('tells who holds it, until it is known to have run out', async () => {
    const { epoch } = await store.acquire(requestOf(ann));
    await clock.advance(10_000);
    expect(await other.look(api)).toEqual({
      epoch,
      holder: { ...ann, heldFor: 10_000, expiresIn: 60_000 },
    });
    await clock.advance(59_000);
    expect(await other.look(api)).toMatchObject({ holder: { heldFor: 69_000, expiresIn: 1_000 } });
    await clock.advance(1_000);
    expect(await other.look(api)).toEqual({ epoch });
  });
});
