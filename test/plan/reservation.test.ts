import { describe, expect, it } from 'vitest';
import { targetGroupArn } from '../../src/model/ids.js';
import {
  clockMargin,
  keepsWish,
  ofOthers,
  placeOf,
  reservationsIn,
  reservedBy,
  tagsOf,
  type Reservation,
} from '../../src/plan/reservation.js';
import type { Tag } from '../../src/model/tag.js';
import { SeededRandom } from '../fakes/seeded-random.js';

const group = targetGroupArn('arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api-http/1');
const places = Array.from({ length: 60 }, (_, index) =>
  placeOf({ targetGroup: group, id: `i-${index}`, port: 5060 }),
);
const reservation = (fields: Partial<Reservation> = {}): Reservation => ({
  owner: 'prod/api',
  run: 'r1',
  expires: 1_000_000,
  out: new Set(),
  wanted: new Set(),
  ...fields,
});

describe('the tags of a reservation', () => {
  it('give it back whole, also where it needs several', () => {
    const all = reservation({ out: new Set(places.slice(0, 40)), wanted: new Set(places.slice(40)) });
    const tags = tagsOf(all);
    expect(tags.length).toBeGreaterThan(1);
    expect(reservationsIn(tags)).toEqual([all]);
  });

  it('hold what a tag of AWS may hold', () => {
    for (const { key, value } of tagsOf(reservation({ out: new Set(places), wanted: new Set(places) }))) {
      expect(key).toMatch(/^[\w +\-=.:/@]{1,128}$/);
      expect(value).toMatch(/^[\w +\-=.:/@]{1,256}$/);
    }
  });

  it('are found among the tags of others', () => {
    const other = reservation({ owner: 'prod/web', run: 'r2', out: new Set([places[1] ?? '']) });
    const tags = [
      { key: 'team', value: 'shop' },
      { key: 'adfpush:out:x:0', value: 'not ours' },
      ...tagsOf(other),
    ];
    expect(reservationsIn(tags)).toEqual([other]);
  });
});

it('counts a reservation of another run until it expires on a clock that is late', () => {
  const others = [reservation({ run: 'r2', expires: 5_000 })];
  expect(ofOthers(others, 'r1', 5_000 + clockMargin - 1)).toEqual(others);
  expect(ofOthers(others, 'r1', 5_000 + clockMargin)).toEqual([]);
  expect(ofOthers(others, 'r2', 0)).toEqual([]);
});

/**
 * Runs that take places of one target group in turn, each call to the cloud a step of its own, so that any two can come between
 * each other. The health that is read is as it was up to three steps ago: a drain that has just gone out may not show yet.
 */
class Race {
  readonly tags = new Map<string, Tag>();
  readonly out = new Set<string>();
  readonly random: SeededRandom;
  readonly #seen: ReadonlySet<string>[] = [];
  least = Infinity;

  constructor(
    seed: number,
    readonly all: readonly string[],
    readonly minimum: number,
  ) {
    this.random = new SeededRandom(seed);
  }

  write(tags: readonly Tag[]): void {
    for (const [key] of this.tags) if (key.startsWith(tags[0]?.key ?? '')) this.tags.delete(key);
    for (const tag of tags) this.tags.set(tag.key, tag);
  }

  healthy(): ReadonlySet<string> {
    const shown = this.#seen.at(-this.random.integer(1, 3));
    return shown ?? new Set(this.all);
  }

  look(): void {
    const healthy = new Set(this.all.filter((place) => !this.out.has(place)));
    this.#seen.push(healthy);
    this.least = Math.min(this.least, healthy.size);
  }

  /** One roll over its own places, one at a time. Yields after each call to the cloud. */
  *roll(run: string, own: readonly string[], reads: boolean): Generator<void> {
    const mine = { owner: `prod/${run}`, run, expires: 1_000 };
    for (const place of own) {
      const wanted = new Set([place]);
      for (;;) {
        this.write(tagsOf(reservation({ ...mine, wanted })));
        yield;
        const others = reads ? ofOthers(reservationsIn([...this.tags.values()]), run, 0) : [];
        yield;
        const shown = this.healthy();
        yield;
        const reserved = reservedBy(others);
        const left = [...shown].filter((one) => one !== place && !reserved.has(one)).length;
        if (left >= this.minimum) break;
        if (!keepsWish(run, others)) this.write(tagsOf(reservation(mine)));
        for (let pause = this.random.integer(1, 4); pause > 0; pause -= 1) yield;
      }
      this.write(tagsOf(reservation({ ...mine, out: wanted })));
      yield;
      this.out.add(place);
      for (let pause = this.random.integer(1, 8); pause > 0; pause -= 1) yield;
      this.out.delete(place);
      // Seen healthy again before it is given back: no answer is older than that by then.
      for (let pause = 3; pause > 0; pause -= 1) yield;
      this.write(tagsOf(reservation(mine)));
    }
  }

  /** How many runs have not ended after 4,000 steps. */
  run(runs: readonly Generator<void>[]): number {
    let going = [...runs];
    for (let step = 0; step < 4_000 && going.length > 0; step += 1) {
      const next = going[this.random.integer(0, going.length - 1)];
      if (next?.next().done === true) going = going.filter((one) => one !== next);
      this.look();
    }
    return going.length;
  }
}

/** Two or three runs of two or three places each, and a floor that leaves one or two to take. */
function race(seed: number, reads = true): Race & { readonly waiting?: number } {
  const random = new SeededRandom(`${seed}/shape`);
  const runs = random.integer(2, 3);
  const each = random.integer(2, 3);
  const all = places.slice(0, runs * each);
  const world = new Race(seed, all, all.length - random.integer(1, 2));
  const waiting = world.run(
    Array.from({ length: runs }, (_, index) =>
      world.roll(`r${index}`, all.slice(index * each, (index + 1) * each), reads),
    ),
  );
  return Object.assign(world, { waiting });
}

const seeds = Array.from({ length: 500 }, (_, seed) => seed);

describe('runs that write what they want before they read what others have', () => {
  it('never take a target group below its floor together, and all end', () => {
    const wrong = seeds.filter((seed) => {
      const { least, minimum, waiting } = race(seed);
      return least < minimum || waiting !== 0;
    });
    expect(wrong).toEqual([]);
  });

  it('would go below it if they did not read', () => {
    expect(seeds.some((seed) => race(seed, false).least < race(seed, false).minimum)).toBe(true);
  });
});

it('lets exactly one of the runs that block each other keep its wish', () => {
  const wishes = ['r1', 'r2', 'r3'].map((run) => reservation({ run, wanted: new Set([run]) }));
  const keep = wishes.filter(({ run }) => keepsWish(run, ofOthers(wishes, run, 0)));
  expect(keep.map(({ run }) => run)).toEqual(['r1']);
});

it('gives way to no run that only has places out', () => {
  expect(keepsWish('r2', [reservation({ run: 'r1', out: new Set(places.slice(0, 1)) })])).toBe(true);
});
