import type { AdfError } from '../errors/adf-error.js';
import { leaseHeld, leaseLost, leaseUnavailable } from '../errors/lease.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost, type Host } from '../model/host.js';
import type { Clock } from '../ports/clock.js';
import type { Lease, LeaseRequest, LeaseStore } from '../ports/lease-store.js';
import type { Transport } from '../ports/transport.js';
import { HostLockCalls, type LockAnswer } from './host-lock-calls.js';

/** Hosts that are needed: any two majorities share a host, so two runs cannot both have one. */
const majorityOf = (hosts: readonly Host[]): number => Math.floor(hosts.length / 2) + 1;

/** How much sooner than the hosts this side believes that a lease ran out: for clocks that run at different speeds. */
const marginOf = (duration: Milliseconds): Milliseconds => Math.max(1_000, duration / 10);

export interface HostLockOptions {
  /** On the hosts. Survives a reboot, and every login user may write there. */
  readonly directory?: string;
}

/** The lock of a group, kept on a majority of the group's own hosts (see `hostLockScript`). */
export class HostLockStore implements LeaseStore {
  readonly #calls: HostLockCalls;

  constructor(
    transport: Transport,
    private readonly clock: Clock,
    { directory = '/var/tmp/adfpush' }: HostLockOptions = {},
  ) {
    this.#calls = new HostLockCalls(transport, clock, directory);
  }

  async acquire(request: LeaseRequest): Promise<Lease> {
    const startedAt = this.clock.elapsed();
    const answers = await this.#calls.ask('take', request);
    if (countGot(answers) < majorityOf(request.hosts)) {
      await this.#letGo(request, answers);
      throw refusal(request, answers);
    }
    return new HostLock(request, this.#calls, this.clock, startedAt);
  }

  /** A host whose answer was lost may have given its part all the same. */
  async #letGo(request: LeaseRequest, answers: readonly LockAnswer[]): Promise<void> {
    const perhapsGot = answers.filter(({ kind }) => kind !== 'held').map(({ host }) => host);
    await this.#calls.ask('release', { ...request, hosts: perhapsGot });
  }
}

class HostLock implements Lease {
  deadline: Milliseconds;

  constructor(
    private readonly request: LeaseRequest,
    private readonly calls: HostLockCalls,
    private readonly clock: Clock,
    startedAt: Milliseconds,
  ) {
    this.deadline = this.#deadlineFrom(startedAt);
  }

  /**
   * Throws `lease.unavailable` when too few hosts answer but the lease may still be ours: ask again before the deadline.
   */
  async renew(): Promise<void> {
    const startedAt = this.clock.elapsed();
    if (startedAt >= this.deadline) throw leaseLost(this.request, 'it ran out before it was renewed.');
    const answers = await this.calls.ask('renew', this.request);
    const needed = majorityOf(this.request.hosts);
    const got = countGot(answers);
    const refused = answers.filter(({ kind }) => kind === 'lost').length;
    if (got >= needed) this.deadline = this.#deadlineFrom(startedAt);
    else if (this.request.hosts.length - refused < needed) {
      throw leaseLost(
        this.request,
        `${refused} of ${this.request.hosts.length} hosts do not have it any more.`,
      );
    } else throw leaseUnavailable(this.request, got, needed, failuresOf(answers));
  }

  async release(): Promise<void> {
    await this.calls.ask('release', this.request);
  }

  #deadlineFrom(startedAt: Milliseconds): Milliseconds {
    const { duration } = this.request;
    return startedAt + duration - marginOf(duration);
  }
}

const countGot = (answers: readonly LockAnswer[]): number =>
  answers.filter(({ kind }) => kind === 'got').length;

const failuresOf = (answers: readonly LockAnswer[]): readonly string[] =>
  answers.flatMap((answer) =>
    answer.kind === 'failed' ? [`${describeHost(answer.host)}: ${answer.reason}.`] : [],
  );

/** The holder that keeps us out longest; none when the hosts did not answer. */
function refusal(request: LeaseRequest, answers: readonly LockAnswer[]): AdfError {
  const holders = answers.flatMap((answer) => (answer.kind === 'held' ? [answer.holder] : []));
  const last = holders.toSorted((a, b) => b.expiresIn - a.expiresIn)[0];
  if (last !== undefined) return leaseHeld(request, last);
  return leaseUnavailable(request, countGot(answers), majorityOf(request.hosts), failuresOf(answers));
}
