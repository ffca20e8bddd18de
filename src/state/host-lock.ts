import type { AdfError } from '../errors/adf-error.js';
import { leaseHeld, leaseLost, leaseUnavailable } from '../errors/lease.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { Clock } from '../ports/clock.js';
import type {
  Lease,
  LeaseLook,
  LeaseName,
  LeaseOwner,
  LeaseRequest,
  LeaseStore,
} from '../ports/lease-store.js';
import type { Transport } from '../ports/transport.js';
import { HostLockCalls, type LockAnswer } from './host-lock-calls.js';
import { hostLockName, lockDirectory } from './host-lock-name.js';
import { countGot, failuresOf, majorityOf, readLook, type GroupLook } from './host-lock-look.js';

/** How much sooner than the hosts this side believes that a lease ran out: for clocks that run at different speeds. */
const marginOf = (duration: Milliseconds): Milliseconds => Math.max(1_000, duration / 10);

/** How long hosts are given to answer where no lease is held: as long as its rounds have at most. */
const patience: Milliseconds = 60_000;

/** Runs that want it at the same moment may each have seen an older epoch than the other brings. */
const attempts = 3;

const nobody: LeaseOwner = { run: 'nobody', who: 'nobody' };

export interface HostLockOptions {
  readonly directory?: string;
}

/**
 * The lock of a group, kept on a majority of the group's own hosts (see `hostLockScript`). To acquire it is to read the newest epoch that
 * a majority knows, to take each host that is free with the next, and, with a majority of them, to confirm it there. Any two majorities
 * share a host: so nobody else can have one, and whoever comes later read this epoch and brings a newer.
 */
export class HostLockStore implements LeaseStore {
  readonly #calls: HostLockCalls;

  constructor(
    transport: Transport,
    private readonly clock: Clock,
    { directory = lockDirectory }: HostLockOptions = {},
  ) {
    this.#calls = new HostLockCalls(transport, clock, directory);
  }

  async acquire(request: LeaseRequest): Promise<Lease> {
    for (let attempt = 1; ; attempt += 1) {
      const look = await this.#look(request, request.owner, request.duration);
      if (look.holder !== undefined) throw leaseHeld(request, look.holder);
      const epoch = look.epoch + 1;
      const startedAt = this.clock.elapsed();
      const taken = await this.#calls.ask({ ...request, hosts: look.free, action: 'take', epoch });
      if (countGot(taken) >= majorityOf(request.hosts)) {
        const lease = new HostLock(request, epoch, this.#calls, this.clock, startedAt);
        if (await lease.confirm()) return lease;
      }
      // A host whose answer was lost may have given its part all the same.
      const perhapsGot = taken.filter(({ kind }) => kind !== 'held').map(({ host }) => host);
      await this.#calls.ask({ ...request, hosts: perhapsGot, action: 'release', epoch });
      const overtaken = taken.some(({ kind }) => kind === 'newer');
      if (!overtaken || attempt === attempts) throw refusal(request, taken);
    }
  }

  async look(name: LeaseName): Promise<LeaseLook> {
    const { holder, epoch } = await this.#look(name, nobody, patience);
    return holder === undefined ? { epoch } : { holder, epoch };
  }

  async seize(name: LeaseName, by: LeaseOwner): Promise<LeaseLook> {
    for (let attempt = 1; ; attempt += 1) {
      const epoch = (await this.#look(name, nobody, patience)).epoch + 1;
      const answers = await this.#calls.ask({
        ...name,
        action: 'seize',
        epoch,
        owner: by,
        duration: patience,
      });
      if (countGot(answers) >= majorityOf(name.hosts)) return { epoch };
      if (attempt === attempts || !answers.some(({ kind }) => kind === 'newer')) throw refusal(name, answers);
    }
  }

  async #look(name: LeaseName, owner: LeaseOwner, duration: Milliseconds): Promise<GroupLook> {
    const answers = await this.#calls.ask({ ...name, action: 'look', epoch: 0, owner, duration });
    return readLook(name, answers, owner);
  }
}

class HostLock implements Lease {
  deadline: Milliseconds;
  readonly name: string;

  constructor(
    private request: LeaseRequest,
    readonly epoch: number,
    private readonly calls: HostLockCalls,
    private readonly clock: Clock,
    startedAt: Milliseconds,
  ) {
    this.name = hostLockName(request);
    this.deadline = this.#deadlineFrom(startedAt);
  }

  /** True when a majority keeps it, and lets nobody with an older epoch change it. */
  async confirm(): Promise<boolean> {
    const startedAt = this.clock.elapsed();
    if (startedAt >= this.deadline) return false;
    const answers = await this.calls.ask({ ...this.request, action: 'confirm', epoch: this.epoch });
    const confirmed = countGot(answers) >= majorityOf(this.request.hosts);
    if (confirmed) this.deadline = this.#deadlineFrom(startedAt);
    return confirmed;
  }

  /**
   * Throws `lease.unavailable` when too few hosts answer but the lease may still be ours: ask again before the deadline.
   */
  async renew(): Promise<void> {
    const startedAt = this.clock.elapsed();
    if (startedAt >= this.deadline) throw leaseLost(this.request, 'it ran out before it was renewed.');
    const { request, epoch } = this;
    const answers = await this.calls.ask({ ...request, action: 'renew', epoch });
    const needed = majorityOf(request.hosts);
    const got = countGot(answers);
    const refused = answers.filter(({ kind }) => kind === 'lost').length;
    if (got >= needed) this.deadline = this.#deadlineFrom(startedAt);
    else if (request.hosts.length - refused < needed) {
      throw leaseLost(request, `${refused} of ${request.hosts.length} hosts do not have it any more.`);
    } else throw leaseUnavailable(request, got, needed, failuresOf(answers));
  }

  async extend(hosts: readonly Host[]): Promise<void> {
    const { request, epoch, calls } = this;
    const known = new Set(request.hosts.map(({ id }) => id));
    const grown = { ...request, hosts, epoch };
    const joined = { ...grown, hosts: hosts.filter(({ id }) => !known.has(id)) };
    const taken = await calls.ask({ ...joined, action: 'take' });
    const startedAt = this.clock.elapsed();
    const confirmed = await calls.ask({ ...grown, action: 'confirm' });
    if (countGot(confirmed) < majorityOf(hosts)) {
      await calls.ask({ ...joined, action: 'release' });
      throw refusal(request, [...taken, ...confirmed]);
    }
    this.request = { ...request, hosts };
    this.deadline = this.#deadlineFrom(startedAt);
  }

  async release(): Promise<void> {
    await this.calls.ask({ ...this.request, action: 'release', epoch: this.epoch });
  }

  #deadlineFrom(startedAt: Milliseconds): Milliseconds {
    const { duration } = this.request;
    return startedAt + duration - marginOf(duration);
  }
}

/** The holder that keeps us out longest; none when the hosts did not answer. */
function refusal(name: LeaseName, answers: readonly LockAnswer[]): AdfError {
  const holders = answers.flatMap((answer) => (answer.kind === 'held' ? [answer.holder] : []));
  const last = holders.toSorted((a, b) => b.expiresIn - a.expiresIn)[0];
  if (last !== undefined) return leaseHeld(name, last);
  return leaseUnavailable(name, countGot(answers), majorityOf(name.hosts), failuresOf(answers));
}
