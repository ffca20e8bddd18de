import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { isTransient } from '../errors/aws.js';
import { leaseContended, leaseQuiet, leaseTableUnavailable } from '../errors/dynamo.js';
import { leaseHeld } from '../errors/lease.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock, Random } from '../ports/clock.js';
import type {
  Lease,
  LeaseHolder,
  LeaseLook,
  LeaseName,
  LeaseOwner,
  LeaseRequest,
  LeaseStore,
} from '../ports/lease-store.js';
import { DynamoLease } from './dynamo-lease.js';
import { isoTime, type LockRecord } from './dynamo-record.js';
import { Sightings } from './dynamo-sightings.js';
import type { Expected, LockTable } from './dynamo-table.js';
import { writeSurely } from './dynamo-write.js';

/** For a call, the SDK's repetitions included, while nothing is held yet. */
const patience: Milliseconds = 20_000;

/** How often another run may take a lock that was seen free, before the lock is called contended. */
const attempts = 10;

/** What one read of the table told. */
interface Look {
  readonly record?: LockRecord;
  /** Absent when it is free. */
  readonly holder?: LeaseHolder;
  /**
   * Given when its holder seems gone: for so long it was not renewed, by its wall clock and ours, and no renewal was seen. Waiting may
   * be worth while then; that it may be taken is not decided by this.
   */
  readonly quietFor?: Milliseconds;
}

/**
 * Leases in a table of DynamoDB: one item a lease, changed by conditional writes only. The holder of one changes its version again and
 * again; a run that wants it watches, and may take it once the version stayed the same, on the watcher's own clock, for as long as
 * the item says that it is held. So no two machines' clocks are ever compared. The store remembers what it saw: waiting is
 * to acquire again and again.
 * Source of the protocol: AWS's "Building Distributed Locks with the DynamoDB Lock Client".
 */
export class DynamoLeaseStore implements LeaseStore {
  readonly #sightings: Sightings;
  /** What this store wrote, or tried to. */
  readonly #versions = new Set<string>();
  /** Of these, those that may have taken a lease without an answer: no run has their epoch yet. */
  readonly #unheard = new Set<string>();

  constructor(
    private readonly table: LockTable,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    this.#sightings = new Sightings(clock);
  }

  async acquire(request: LeaseRequest): Promise<Lease> {
    const { owner, duration } = request;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const { record: seen, holder, quietFor } = await this.#look(request);
      if (holder !== undefined && !this.#isOwn(seen, owner)) {
        throw quietFor === undefined ? leaseHeld(request, holder) : leaseQuiet(request, holder, quietFor);
      }
      const begun = this.clock.elapsed();
      const next = this.#next(request, seen, { owner, duration, released: false });
      const record = { ...next, epoch: Math.max(next.epoch, (request.above ?? 0) + 1) };
      if (await this.#write(request, record, seen)) {
        return new DynamoLease(request, record, this.table, this.clock, () => this.#newVersion(), begun);
      }
    }
    throw leaseContended(request);
  }

  async look(name: LeaseName): Promise<LeaseLook> {
    const { record, holder } = await this.#look(name);
    return { epoch: record?.epoch ?? 0, ...defined({ holder }) };
  }

  async seize(name: LeaseName, by: LeaseOwner): Promise<LeaseLook> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const { record: seen } = await this.#look(name);
      const duration = seen?.duration ?? 0;
      const record = this.#next(name, seen, { owner: by, duration, released: true });
      if (await this.#write(name, record, seen)) return { epoch: record.epoch };
    }
    throw leaseContended(name);
  }

  async #look(name: LeaseName): Promise<Look> {
    const record = await this.#reach(name, this.table.read(lockOf(name), patience));
    if (record === undefined) return {};
    const { unchangedFor, knownFor, alive } = this.#sightings.note(record);
    if (record.released || unchangedFor >= record.duration) return { record };
    const holder = {
      ...record.owner,
      heldFor: Math.max(knownFor, this.#ageForPeople(record.since)),
      expiresIn: record.duration - unchangedFor,
    };
    const age = this.#ageForPeople(record.renewed);
    return { record, holder, ...(alive || age <= record.duration ? {} : { quietFor: age }) };
  }

  /** True when it is in the table now; false when another run was quicker. */
  async #write(name: LeaseName, record: LockRecord, seen: LockRecord | undefined): Promise<boolean> {
    const expected: Expected = seen === undefined ? 'nothing' : [seen.version];
    this.#unheard.add(record.version);
    const written = await this.#reach(name, writeSurely(this.table, record, expected, patience));
    this.#unheard.delete(record.version);
    return written.kind === 'written';
  }

  /** What the table says of its caller or of itself is thrown as it is; what may pass, as `lease.unavailable`. */
  async #reach<T>(name: LeaseName, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      throw isTransient(error) ? leaseTableUnavailable(name, reasonOf(error)) : error;
    }
  }

  #next(
    name: LeaseName,
    seen: LockRecord | undefined,
    rest: Pick<LockRecord, 'owner' | 'duration' | 'released'>,
  ): LockRecord {
    return {
      lock: lockOf(name),
      epoch:
        seen === undefined
          ? this.#firstEpoch()
          : this.#unheard.has(seen.version)
            ? seen.epoch
            : seen.epoch + 1,
      version: this.#newVersion(),
      since: isoTime(this.clock),
      renewed: isoTime(this.clock),
      ...rest,
    };
  }

  /**
   * Hosts keep the newest epoch that they met. An item may have been deleted by hand, or with its table: counting from 1 again, they
   * would refuse everybody. Seconds since 1970 are more than any count that began earlier and rose less than once a second.
   */
  #firstEpoch(): number {
    return Math.floor(this.clock.now() / 1_000);
  }

  #newVersion(): string {
    const version = Array.from({ length: 4 }, () =>
      Math.floor(this.random.next() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
    this.#versions.add(version);
    return version;
  }

  /** A run that lost its way to the table need not wait for itself. */
  #isOwn(seen: LockRecord | undefined, owner: LeaseOwner): boolean {
    return seen !== undefined && seen.owner.run === owner.run && this.#versions.has(seen.version);
  }

  /** By two wall clocks, so perhaps wrong. */
  #ageForPeople(moment: string): Milliseconds {
    const then = Date.parse(moment);
    return Number.isNaN(then) ? 0 : this.clock.now() - then;
  }
}

const lockOf = ({ environment, group }: LeaseName): string =>
  `${encodeURIComponent(environment)}.${encodeURIComponent(group)}`;

const reasonOf = (error: unknown): AdfError => errorsOf(error)[0];
