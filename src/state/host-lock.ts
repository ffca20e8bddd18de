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
import { HostLockCalls, type Enough, type LockAnswer } from './host-lock-calls.js';
import { hostLockName, lockDirectory } from './host-lock-name.js';
import {
  answered,
  countGot,
  failuresOf,
  idsOf,
  majorityOf,
  readLook,
  type GroupLook,
} from './host-lock-look.js';
import {
  areBroken,
  areMet,
  joined,
  majorityQuorum,
  missingOf,
  quorumsOf,
  type Quorum,
} from './lease-rules.js';

/** How much sooner than the hosts this side believes that a lease ran out: for clocks that run at different speeds. */
const marginOf = (duration: Milliseconds): Milliseconds => Math.max(1_000, duration / 10);

/** How long hosts are given to answer where no lease is held: as long as its rounds have at most. */
const patience: Milliseconds = 60_000;

/** Runs that want it at the same moment may each have seen an older epoch than the other brings. */
const attempts = 3;

const nobody: LeaseOwner = { run: 'nobody', who: 'nobody' };

/** A majority that has it is enough, whatever a slow host says later; to confirm waits a moment, so that all who answer are fenced. */
const untilGot = (quorums: readonly Quorum[], wait: Enough['wait']): Enough => ({
  when: (answers) => areMet(quorums, answered(answers, 'got')),
  wait,
});

/** For what is better known of all hosts: a majority that answered waits a moment for the rest, and no longer. */
const untilMost = (hosts: readonly Host[]): Enough => ({
  when: (answers) => answers.filter(({ kind }) => kind !== 'failed').length >= majorityOf(hosts),
  wait: 'moment',
});

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
      this.#refuseOthersSince(request, look);
      // Nothing is written on hosts that could not give the lease together.
      if (!areMet(look.quorums, new Set(idsOf(look.free)))) throw refusal(request, [], look.quorums);
      const members = idsOf(request.hosts);
      const epoch = look.epoch + 1;
      const startedAt = this.clock.elapsed();
      const taken = await this.#calls.ask(
        { ...request, hosts: look.free, members, action: 'take', epoch },
        untilMost(look.free),
      );
      if (areMet(look.quorums, answered(taken, 'got'))) {
        const lease = new HostLock(request, epoch, look.quorums, this.#calls, this.clock, startedAt);
        if (await lease.confirm()) return lease;
      }
      // A host whose answer was lost may have given its part all the same.
      const perhapsGot = taken.filter(({ kind }) => kind !== 'held').map(({ host }) => host);
      await this.#calls.ask(
        { ...request, hosts: perhapsGot, members, action: 'release', epoch },
        untilMost(perhapsGot),
      );
      const overtaken = taken.some(({ kind }) => kind === 'newer');
      if (!overtaken || attempt === attempts) throw refusal(request, taken, look.quorums);
    }
  }

  /** To be asked before anything is written: what this run writes hides who came before. */
  #refuseOthersSince(request: LeaseRequest, { comers }: GroupLook): void {
    const { since, owner } = request;
    if (since === undefined) return;
    const other = comers.find(({ run, epoch }) => epoch >= since && run !== owner.run);
    if (other !== undefined)
      throw leaseLost(request, `run ${other.run} had it meanwhile, or released it by force.`);
  }

  async look(name: LeaseName): Promise<LeaseLook> {
    const { holder, epoch } = await this.#look(name, nobody, patience);
    return holder === undefined ? { epoch } : { holder, epoch };
  }

  async seize(name: LeaseName, by: LeaseOwner): Promise<LeaseLook> {
    for (let attempt = 1; ; attempt += 1) {
      const epoch = (await this.#look(name, nobody, patience)).epoch + 1;
      const answers = await this.#calls.ask(
        {
          ...name,
          action: 'seize',
          epoch,
          owner: by,
          duration: patience,
        },
        untilMost(name.hosts),
      );
      if (countGot(answers) >= majorityOf(name.hosts)) return { epoch };
      if (attempt === attempts || !answers.some(({ kind }) => kind === 'newer'))
        throw refusal(name, answers, [majorityQuorum(idsOf(name.hosts))]);
    }
  }

  async #look(name: LeaseName, owner: LeaseOwner, duration: Milliseconds): Promise<GroupLook> {
    const answers = await this.#calls.ask(
      { ...name, action: 'look', epoch: 0, owner, duration },
      untilMost(name.hosts),
    );
    return readLook(name, answers, owner);
  }
}

class HostLock implements Lease {
  deadline: Milliseconds;
  readonly name: string;
  readonly unbroken: boolean;
  /** The list that it is of. */
  private members: readonly string[];

  constructor(
    /** All hosts that have or had a part of it, also those that left the list while it was held. */
    private request: LeaseRequest,
    readonly epoch: number,
    private quorums: readonly Quorum[],
    private readonly calls: HostLockCalls,
    private readonly clock: Clock,
    startedAt: Milliseconds,
  ) {
    this.name = hostLockName(request);
    this.members = idsOf(request.hosts);
    this.unbroken = request.since !== undefined;
    this.deadline = this.#deadlineFrom(startedAt);
  }

  /** True when a majority keeps it, and lets nobody with an older epoch change it. */
  async confirm(): Promise<boolean> {
    const startedAt = this.clock.elapsed();
    if (startedAt >= this.deadline) return false;
    const { request, epoch, quorums, members } = this;
    const answers = await this.calls.ask(
      { ...request, members, action: 'confirm', epoch },
      untilGot(quorums, 'moment'),
    );
    const confirmed = areMet(quorums, answered(answers, 'got'));
    if (confirmed) this.deadline = this.#deadlineFrom(startedAt);
    return confirmed;
  }

  /**
   * Throws `lease.unavailable` when too few hosts answer but the lease may still be ours: ask again before the deadline.
   */
  async renew(): Promise<void> {
    const startedAt = this.clock.elapsed();
    if (startedAt >= this.deadline) throw leaseLost(this.request, 'it ran out before it was renewed.');
    const { request, epoch, quorums, members } = this;
    const answers = await this.calls.ask(
      { ...request, members, action: 'renew', epoch },
      untilGot(quorums, 'none'),
    );
    const refused = answered(answers, 'lost');
    if (areMet(quorums, answered(answers, 'got'))) this.deadline = this.#deadlineFrom(startedAt);
    else if (areBroken(quorums, refused)) {
      throw leaseLost(request, `${refused.size} of ${request.hosts.length} hosts do not have it any more.`);
    } else throw refusal(request, answers, quorums);
  }

  /** What it needed before it needs still, and the majorities of the new list with it. */
  async extend(hosts: readonly Host[]): Promise<void> {
    const { request, epoch, calls } = this;
    const known = new Set(idsOf(request.hosts));
    const members = idsOf(hosts);
    const joiners = hosts.filter(({ id }) => !known.has(id));
    const grown = { ...request, hosts, members, epoch };
    const joining = { ...grown, hosts: joiners };
    const looked = await calls.ask({ ...joining, action: 'look' }, untilMost(joiners));
    const records = looked.flatMap((answer) =>
      answer.kind === 'free' || (answer.kind === 'held' && answer.holder.run !== request.owner.run)
        ? [{ members: answer.members, living: answer.kind === 'held' }]
        : [],
    );
    const quorums = joined(this.quorums, quorumsOf(members, records));
    const taken = await calls.ask({ ...joining, action: 'take' }, untilMost(joiners));
    const startedAt = this.clock.elapsed();
    const asked = [...hosts, ...request.hosts.filter(({ id }) => !members.includes(id))];
    const confirmed = await calls.ask(
      { ...grown, hosts: asked, action: 'confirm' },
      untilGot(quorums, 'moment'),
    );
    if (!areMet(quorums, answered(confirmed, 'got'))) {
      await calls.ask({ ...joining, action: 'release' }, untilMost(joiners));
      throw refusal(request, [...taken, ...confirmed], quorums);
    }
    this.request = { ...request, hosts: asked };
    this.members = members;
    this.quorums = quorums;
    this.deadline = this.#deadlineFrom(startedAt);
  }

  async release(): Promise<void> {
    const { request, epoch, members } = this;
    await this.calls.ask({ ...request, members, action: 'release', epoch }, untilMost(request.hosts));
  }

  #deadlineFrom(startedAt: Milliseconds): Milliseconds {
    const { duration } = this.request;
    return startedAt + duration - marginOf(duration);
  }
}

/** The holder that keeps us out longest; none when the hosts did not answer. */
function refusal(name: LeaseName, answers: readonly LockAnswer[], quorums: readonly Quorum[]): AdfError {
  const holders = answers.flatMap((answer) => (answer.kind === 'held' ? [answer.holder] : []));
  const last = holders.toSorted((a, b) => b.expiresIn - a.expiresIn)[0];
  if (last !== undefined) return leaseHeld(name, last);
  const got = answered(answers, 'got');
  const [worst = majorityQuorum(idsOf(name.hosts))] = quorums.toSorted(
    (a, b) => missingOf(b, got) - missingOf(a, got),
  );
  const { needed } = worst;
  return leaseUnavailable(name, needed - missingOf(worst, got), needed, failuresOf(answers));
}
