import { awsThrottled } from '../../src/errors/aws.js';
import { AdfError } from '../../src/errors/adf-error.js';
import { DynamoLeaseStore } from '../../src/aws/dynamo-leases.js';
import type { LockRecord } from '../../src/aws/dynamo-record.js';
import type { Expected, LockTable } from '../../src/aws/dynamo-table.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Lease } from '../../src/ports/lease-store.js';
import type { SeededRandom } from '../fakes/seeded-random.js';
import { api } from './dynamo-stage.js';

const duration: Milliseconds = 60_000;

/** What a race showed. */
export interface Race {
  /** The most who held the lease at the same moment. */
  readonly atOnce: number;
  /** The epoch of each taking, in the order in which the table had them. */
  readonly epochs: readonly number[];
  /** How often each fault and event happened. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Contenders for one lease, each on a machine of its own: with a wall clock hours from the others', a monotonic clock that runs up to a
 * tenth too fast or too slow, and calls that are carried out, answered, lost, repeated or delayed as the seed says. One thing
 * happens at a time; the seed says which of all that could happen next.
 */
export async function race(table: LockTable, random: SeededRandom, steps: number): Promise<Race> {
  const scheduler = new Scheduler(random.fork('scheduler'));
  const active = new Set<() => boolean>();
  const epochs: number[] = [];
  const counts: Record<string, number> = {};
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  let atOnce = 0;
  let contenders = 0;
  let taking = '';

  const noted: LockTable = {
    read: (lock, limit) => table.read(lock, limit),
    write: async (record, expected, limit) => {
      const written = await table.write(record, expected, limit);
      // A taking that was not heard of is done again under its own epoch, by the same run.
      const { epoch, owner } = record;
      if (written && taking !== `${owner.run} ${epoch}`) epochs.push(epoch);
      if (written) taking = `${owner.run} ${epoch}`;
      return written;
    },
  };

  const live = async (): Promise<void> => {
    contenders += 1;
    const own = random.fork(`contender ${contenders}`);
    const owner = { run: `run-${contenders}`, who: 'a crowd' };
    const clock = new MachineClock(scheduler, own);
    const disturbed = new DisturbedTable(noted, scheduler, own, count);
    const store = new DynamoLeaseStore(disturbed, clock, own);
    for (;;) {
      const lease = await taken(() => store.acquire({ ...api, owner, duration }));
      if (lease === undefined) {
        await clock.sleep(1_000 + own.next() * 4_000);
        continue;
      }
      count('taken');
      let released = false;
      const holds = (): boolean => !released && clock.elapsed() < lease.deadline;
      active.add(holds);
      const end = own.pick(['released', 'released', 'killed', 'asleep'] as const);
      const renewals = own.integer(0, 5);
      for (let renewal = 0; renewal < renewals && holds(); renewal += 1) {
        await clock.sleep(duration / 3);
        await renewed(lease, clock, count);
      }
      count(end);
      if (end === 'killed') {
        void live();
        return;
      }
      if (end === 'asleep') {
        await clock.sleep(duration * own.between(0.5, 5));
        await renewed(lease, clock, count);
        await clock.sleep(own.between(0, duration));
      }
      released = true;
      await lease.release();
      active.delete(holds);
    }
  };

  for (let index = 0; index < 5; index += 1) void live();
  for (let step = 0; step < steps; step += 1) {
    await scheduler.step();
    atOnce = Math.max(atOnce, [...active].filter((holds) => holds()).length);
  }
  return { atOnce, epochs, counts };
}

/** Undefined when it was held or out of reach; what else is thrown is thrown. */
async function taken(acquire: () => Promise<Lease>): Promise<Lease | undefined> {
  try {
    return await acquire();
  } catch (error) {
    if (error instanceof AdfError && ['lease.held', 'lease.quiet', 'lease.unavailable'].includes(error.code))
      return undefined;
    throw error;
  }
}

/** Tries as keepRenewed does: until it is renewed, lost or past its deadline. */
async function renewed(lease: Lease, clock: Clock, count: (what: string) => void): Promise<void> {
  do {
    try {
      await lease.renew();
      count('renewed');
      return;
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      count(error.code);
      if (error.code !== 'lease.unavailable') return;
    }
    await clock.sleep(duration / 30);
  } while (clock.elapsed() < lease.deadline);
}

/** One thing at a time: a call that goes on, or the sleeper who is next. */
class Scheduler {
  now: Milliseconds = 0;
  readonly #calls: (() => Promise<void> | void)[] = [];
  readonly #sleepers: { readonly at: Milliseconds; readonly wake: () => void }[] = [];

  constructor(private readonly random: SeededRandom) {}

  turn(): Promise<void> {
    return new Promise((resolve) => this.#calls.push(resolve));
  }

  /** Does something at some later step. */
  later(action: () => Promise<void>): void {
    this.#calls.push(action);
  }

  at(at: Milliseconds, wake: () => void): void {
    this.#sleepers.push({ at, wake });
    this.#sleepers.sort((a, b) => a.at - b.at);
  }

  async step(): Promise<void> {
    const [next] = this.#sleepers;
    if (this.#calls.length > 0 && (next === undefined || this.random.chance(0.8))) {
      const index = this.random.integer(0, this.#calls.length - 1);
      await this.#calls.splice(index, 1)[0]?.();
    } else if (next !== undefined) {
      this.#sleepers.shift();
      this.now = Math.max(this.now, next.at);
      next.wake();
    }
    await settled(this);
  }

  /** Calls of the table under way outside. */
  underWay = 0;
}

/** All that can go on has done so: promises, and calls over real connections. */
async function settled(scheduler: Scheduler): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (scheduler.underWay > 0);
}

class MachineClock implements Clock {
  readonly #rate: number;
  readonly #wall: Milliseconds;

  constructor(
    private readonly scheduler: Scheduler,
    random: SeededRandom,
  ) {
    this.#rate = random.between(0.9, 1.1);
    this.#wall = Date.UTC(2026, 10, 21) + random.between(-1, 1) * 36_000_000;
  }

  now(): Milliseconds {
    return this.#wall + this.elapsed();
  }

  elapsed(): Milliseconds {
    return this.scheduler.now * this.#rate;
  }

  sleep(pause: Milliseconds): Promise<void> {
    return new Promise((resolve) => this.scheduler.at(this.scheduler.now + pause / this.#rate, resolve));
  }
}

/** A way to a table on which calls wait for their turn, and get lost. */
class DisturbedTable implements LockTable {
  constructor(
    private readonly table: LockTable,
    private readonly scheduler: Scheduler,
    private readonly random: SeededRandom,
    private readonly count: (what: string) => void,
  ) {}

  async read(lock: string, limit: Milliseconds): Promise<LockRecord | undefined> {
    return this.#carry(() => this.table.read(lock, limit));
  }

  async write(record: LockRecord, expected: Expected, limit: Milliseconds): Promise<boolean> {
    return this.#carry(() => this.table.write(record, expected, limit));
  }

  async #carry<T>(call: () => Promise<T>): Promise<T> {
    const { scheduler, random } = this;
    const outside = async (): Promise<T> => {
      scheduler.underWay += 1;
      try {
        return await call();
      } finally {
        scheduler.underWay -= 1;
      }
    };
    await scheduler.turn();
    const fate = random.next();
    if (fate < 0.06) return this.#lost('lost before');
    if (fate < 0.12) {
      // Given up here, and carried out all the same, at any time later.
      scheduler.later(async () => {
        await outside();
      });
      return this.#lost('late');
    }
    const result = await outside();
    if (fate < 0.18) {
      // As the SDK does when a reply is lost.
      await scheduler.turn();
      this.count('repeated');
      return outside();
    }
    await scheduler.turn();
    if (fate < 0.24) return this.#lost('lost after');
    return result;
  }

  #lost(how: string): never {
    this.count(how);
    throw awsThrottled({ action: how, region: 'eu-west-1' });
  }
}
