import { errorsOf } from '../errors/adf-error.js';
import { leaseTableUnavailable } from '../errors/dynamo.js';
import { leaseLost } from '../errors/lease.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { Lease, LeaseRequest } from '../ports/lease-store.js';
import { isoTime, type LockRecord } from './dynamo-record.js';
import type { LockTable } from './dynamo-table.js';
import { writeSurely, type Written } from './dynamo-write.js';

/** One more call must fit twice into the third of the lease that is left when it is renewed. */
const callLimit = (duration: Milliseconds): Milliseconds => Math.max(250, Math.min(10_000, duration / 18));

/** A lease that a run holds in the table. */
export class DynamoLease implements Lease {
  deadline: Milliseconds;
  readonly name: string;
  readonly epoch: number;
  /** Any of these in the table is ours: the newest known one, and those of renewals whose outcome is unknown. */
  #versions: readonly string[];

  constructor(
    private readonly request: LeaseRequest,
    private readonly record: LockRecord,
    private readonly table: LockTable,
    private readonly clock: Clock,
    private readonly newVersion: () => string,
    begun: Milliseconds,
  ) {
    // The name that it has on the hosts when they keep it themselves, too: the epochs of both are one count (see MovedLeases).
    this.name = record.lock;
    this.epoch = record.epoch;
    this.#versions = [record.version];
    this.deadline = this.#deadlineFrom(begun);
  }

  /**
   * Also past the deadline: nobody took it as long as its version is there. Throws `lease.unavailable` when the table does not tell
   * whether it was renewed: ask again before the deadline.
   */
  async renew(): Promise<void> {
    const begun = this.clock.elapsed();
    const version = this.newVersion();
    const written = await this.#write({ ...this.record, version, renewed: isoTime(this.clock) });
    if (written.kind === 'refused') throw leaseLost(this.request, this.#whoHasIt(written.current));
    this.#versions = [version];
    this.deadline = this.#deadlineFrom(begun);
  }

  async release(): Promise<void> {
    try {
      await this.#write({ ...this.record, version: this.newVersion(), released: true });
    } catch {
      // It runs out by itself.
    }
  }

  async #write(record: LockRecord): Promise<Written> {
    const expected = this.#versions;
    this.#versions = [...expected, record.version];
    try {
      return await writeSurely(this.table, record, expected, callLimit(this.request.duration));
    } catch (error) {
      throw leaseTableUnavailable(this.request, errorsOf(error)[0]);
    }
  }

  #whoHasIt(current: LockRecord | undefined): string {
    if (current === undefined) return 'its item is not in the table any more.';
    const { owner, released } = current;
    return `${owner.who}, run ${owner.run}, ${released ? 'ended it' : 'has it now'}.`;
  }

  /** A third of the duration is left to clocks that run at different speeds, and to what was begun before. */
  #deadlineFrom(begun: Milliseconds): Milliseconds {
    return begun + (this.request.duration * 2) / 3;
  }
}
