import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { groupName, region, runId } from '../../src/model/ids.js';
import type { ReleaseRecord } from '../../src/model/release-record.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { releaseText } from '../../src/state/release-text.js';
import { makeRelease } from '../fakes/make-release.js';
import { systemClock } from '../stages/system-clock.js';
import { startDynamo, type DynamoServer } from './dynamo-server.js';

let dynamo: DynamoServer;
let place: Ledger<ReleaseRecord>;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  dynamo = await startDynamo();
  const cloud = connectCloud({ endpoint: dynamo.endpoint, region: region('eu-west-1') });
  place = await cloud.ledger({ table: 'locks', clock: systemClock }, releaseText);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await dynamo[Symbol.asyncDispose]();
});

describe('the releases in a table of DynamoDB', () => {
  it('are an item each, the newest first, and nothing is scanned', async () => {
    const api = makeRelease(1);
    expect(await place.read(api, 10)).toMatchObject({ records: [] });
    for (const number of [1, 2, 3]) expect(await place.write(makeRelease(number))).toBe('written');
    await place.write(makeRelease(1, { group: groupName('web') }));

    expect((await place.read(api, 10)).records.map(({ number }) => number)).toEqual([3, 2, 1]);
    expect((await place.read(api, 2)).records.map(({ number }) => number)).toEqual([3, 2]);
    expect(new Set(dynamo.calls.filter((call) => !/Table$/.test(call)))).toEqual(
      new Set(['GetItem', 'PutItem']),
    );
  });

  it('have one run for each number: another is told that it is taken, and changes nothing', async () => {
    await place.write(makeRelease(1, { outcome: 'running' }));
    const other = makeRelease(1, { run: runId('other'), version: 'w1' });
    expect(await place.write(other)).toBe('taken');
    // The run itself writes how it ended.
    expect(await place.write(makeRelease(1))).toBe('written');

    const { records } = await place.read(other, 5);
    expect(records.map(({ run, outcome }) => `${run} ${outcome}`)).toEqual(['run-1 succeeded']);
  });

  it('are given each number once, to however many agents at the same time', async () => {
    const take = async (agent: number): Promise<number> => {
      for (let number = 1; ; number += 1) {
        const record = makeRelease(number, { run: runId(`agent-${agent}`) });
        if ((await place.write(record)) === 'written') return number;
      }
    };
    const numbers = await Promise.all(Array.from({ length: 6 }, (_, agent) => take(agent)));
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await place.read(makeRelease(1), 10)).records).toHaveLength(6);
  });

  it('are found also when the number of the newest could not be written', async () => {
    await place.write(makeRelease(1));
    let puts = 0;
    dynamo.fate = (operation) => (operation === 'PutItem' && (puts += 1) === 2 ? 'denied' : 'answered');
    await expect(place.write(makeRelease(2))).rejects.toThrow();
    dynamo.fate = () => 'answered';
    expect(await place.write(makeRelease(2, { run: runId('next') }))).toBe('taken');
    expect(await place.write(makeRelease(3, { run: runId('next') }))).toBe('written');

    expect((await place.read(makeRelease(1), 10)).records.map(({ number }) => number)).toEqual([3, 2, 1]);
  });
});
