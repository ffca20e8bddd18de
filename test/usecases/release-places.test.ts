import { describe, expect, it } from 'vitest';
import type { ReleaseRecord } from '../../src/model/release-record.js';
import { beginRelease, readReleases, type ReleasePlace } from '../../src/run/releases.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { makeRelease } from '../fakes/make-release.js';

const clock = new FakeClock();
const run = { forks: 2, ports: { clock } };

/** A place in memory; `taken` are numbers that other runs have there. */
class Place implements ReleasePlace {
  readonly written: ReleaseRecord[] = [];

  constructor(
    readonly name: string,
    private readonly taken: readonly number[] = [],
  ) {}

  read(): ReturnType<ReleasePlace['read']> {
    return Promise.resolve({ records: this.written, unreadable: 0, newer: 0 });
  }

  write(record: ReleaseRecord): ReturnType<ReleasePlace['write']> {
    if (this.taken.includes(record.number)) return Promise.resolve('taken');
    this.written.push(record);
    return Promise.resolve('written');
  }
}

const never = (name: string): ReleasePlace => ({
  name,
  read: () => new Promise(() => undefined),
  write: () => new Promise(() => undefined),
});
const broken = (name: string): ReleasePlace => ({
  name,
  read: () => Promise.reject(new Error('no way')),
  write: () => Promise.reject(new Error('no way')),
});

describe('a release that begins', () => {
  it('gets the next number that is free where numbers are given, and is written once to each place', async () => {
    const [table, file, host] = [new Place('table', [4, 5]), new Place('file'), new Place('host')];
    const { record, warnings } = await beginRelease(makeRelease(4), [table, file, host], run);

    expect({ number: record.number, warnings }).toEqual({ number: 6, warnings: [] });
    for (const place of [table, file, host]) expect(place.written).toEqual([record]);
  });

  it('goes on without places that fail or do not answer, and tells of each', async () => {
    const [first, last] = [new Place('first'), new Place('last')];
    const beginning = beginRelease(makeRelease(1), [first, broken('api-1'), never('api-2'), last], run);
    await clock.advance(5_000);
    const { warnings } = await beginning;

    expect(warnings).toEqual([
      'Release r1 is not on record in api-1: no way',
      'Release r1 is not on record in api-2: api-2 does not answer.',
    ]);
    expect([first, last].map(({ written }) => written.length)).toEqual([1, 1]);

    const reading = readReleases(makeRelease(1), [broken('api-1'), never('api-2'), last], 10, run);
    await clock.advance(5_000);
    const known = await reading;
    expect(known.releases).toEqual([makeRelease(1)]);
    expect(known.warnings).toEqual([
      'The releases of "api" on record in api-1 were not read: no way',
      'The releases of "api" on record in api-2 were not read: api-2 does not answer.',
    ]);
  });
});
