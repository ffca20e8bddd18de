import type { AdfError } from '../errors/adf-error.js';
import { leaseHeld, leaseLost, leaseMembersGone, leaseMoved, leaseUnavailable } from '../errors/lease.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost, type Host } from '../model/host.js';
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
import { GoneMembers, type PresenceOf } from './gone-members.js';
import { HostLeaseCalls, type Enough, type LockQuestion } from './host-lease-calls.js';
import { hostLeaseName, lockDirectory } from './host-lease-name.js';
import {
  begin,
  ending,
  extension,
  hear,
  hearExtension,
  hearRenewal,
  hostsThat,
  isDecided,
  questionOf,
  readLook,
  readMove,
  renewal,
  type LeaseQuestion,
  type LeaseTerms,
  type LeaseWish,
  type MoveLook,
  type Refusal,
} from './lease-machine.js';
import { areMet, majorityCount, majorityQuorum, missingOf, recordNumber } from './lease-rules.js';

/** How much sooner than on the hosts a lease counts as run out on this side: for clocks that run at different speeds. */
const marginShare = 0.1;
const marginOf = (duration: Milliseconds): Milliseconds => Math.max(1_000, duration * marginShare);

/** How long hosts are given to answer where no lease is held: as long as its rounds have at most. */
const patience: Milliseconds = 60_000;

/** People who end a lease by force at the same moment may each have seen an older epoch than the other brings. */
const attempts = 3;

const nobody: LeaseOwner = { run: 'nobody', who: 'nobody' };

/** For what is better known of all hosts: a majority that answered waits a moment for the rest, and no longer. */
const untilMost: Enough = {
  when: (answers) => answers.filter(({ kind }) => kind !== 'failed').length >= majorityCount(answers.length),
  wait: 'moment',
};

export interface HostLeaseOptions {
  readonly directory?: string;
  /** Tells which hosts of an older list do not exist any more; without it all count as there. */
  readonly presence?: PresenceOf;
}

/** The lock of a group, kept on the group's own hosts: `lease-machine` has its rules, `hostLeaseScript` is what a host does. */
export class HostLeaseStore implements LeaseStore {
  readonly #calls: HostLeaseCalls;
  readonly #gone: GoneMembers;

  constructor(
    transport: Transport,
    private readonly clock: Clock,
    { directory = lockDirectory, presence }: HostLeaseOptions = {},
  ) {
    this.#calls = new HostLeaseCalls(transport, clock, directory);
    this.#gone = new GoneMembers(presence, clock);
  }

  /** Throws `lease.members_gone` too: ask again once no lease can live any more by hosts that are gone. */
  acquire(request: LeaseRequest): Promise<Lease> {
    return this.#acquire(wishOf(request), request);
  }

  /**
   * For runs that keep the lease in `place`: what epochs the hosts know, and whether a run that wants it on the hosts finds that it is kept there.
   * Throws `lease.held` when a run has it on the hosts, and `lease.unavailable` when too few answer to know.
   */
  async lookMoved(request: LeaseRequest, place: string): Promise<Omit<MoveLook, 'refusal'>> {
    const wish = wishOf(request);
    const answers = await this.#calls.ask(
      toHosts(request.hosts, questionOf(begin, wish), request),
      untilMost,
    );
    const { refusal, ...look } = readMove(wish, place, answers);
    if (refusal !== undefined) throw errorOf(request, refusal);
    return look;
  }

  /**
   * Notes on the hosts that the lease is kept in `place` from now on: no run has it on the hosts then, and none gets it until it is seized.
   * Gives the epoch, which is above the request's `above`. Throws as `acquire` does.
   */
  async moveTo(place: string, request: LeaseRequest): Promise<number> {
    const moved = { to: place, run: request.owner.run };
    const lease = await this.#acquire({ ...wishOf(request), moved }, request);
    await lease.release();
    return lease.epoch;
  }

  async #acquire(wanted: LeaseWish, request: LeaseRequest): Promise<Lease> {
    let wish = wanted;
    for (;;) {
      const acquired = await this.#try(wish, request);
      if (acquired instanceof HostLock) return acquired;
      const found = await this.#gone.among(missingIn(acquired), request.hosts);
      if (found.length === 0) throw errorOf(request, acquired);
      const left = this.#gone.untilAllAre(request.duration, found);
      if (left > 0) throw leaseMembersGone(request, found, left);
      wish = { ...wish, gone: new Set([...wish.gone, ...found]) };
    }
  }

  async #try(wish: LeaseWish, request: LeaseRequest): Promise<HostLock | Refusal> {
    for (let state = begin; ;) {
      const asking = state;
      const startedAt = this.clock.elapsed();
      const question = toHosts(request.hosts, questionOf(asking, wish), request);
      const answers = await this.#calls.ask(question, {
        when: (soFar) => isDecided(asking, wish, soFar),
        wait: 'moment',
      });
      const next = hear(asking, wish, answers);
      if (next.stage === 'refused') return next.refusal;
      if (next.stage === 'held') {
        const lease = new HostLock(request, next.terms, this.#calls, this.#gone, this.clock, startedAt);
        await lease.settle();
        return lease;
      }
      state = next;
    }
  }

  async look(name: LeaseName): Promise<LeaseLook> {
    const wish = { run: nobody.run, members: idsOf(name.hosts), leftOut: new Set<string>() };
    const answers = await this.#calls.ask(lookAt(name), untilMost);
    const { epoch, refusal } = readLook({ ...wish, gone: new Set() }, answers);
    if (refusal === undefined) return { epoch };
    if (refusal.why === 'held') return { holder: refusal.holder, epoch };
    // No holder is seen. Hosts of an older list may have one, unless these hosts are terminated.
    const gone = await this.#gone.among(missingIn(refusal), name.hosts);
    const again = readLook({ ...wish, gone: new Set(gone) }, answers);
    if (again.refusal === undefined) return { epoch };
    throw errorOf(name, again.refusal);
  }

  /** Needs a majority of the listed hosts, whatever older lists there are: a person says that their other hosts do not count any more. */
  async seize(name: LeaseName, by: LeaseOwner): Promise<LeaseLook> {
    const quorum = majorityQuorum(idsOf(name.hosts));
    for (let attempt = 1; ; attempt += 1) {
      const looked = await this.#calls.ask(lookAt(name), untilMost);
      const heard = hostsThat(looked, 'free', 'held');
      if (!areMet([quorum], heard)) {
        throw errorOf(name, { why: 'too_few', quorum, got: heard, answers: looked });
      }
      const epoch = Math.max(...looked.map((answer) => ('epoch' in answer ? answer.epoch : 0))) + 1;
      const record = { number: recordNumber(epoch, 0), quorums: [quorum] };
      const answers = await this.#calls.ask(
        { ...name, action: 'seize', epoch, record, owner: by, duration: patience },
        untilMost,
      );
      const got = hostsThat(answers, 'got');
      if (areMet([quorum], got)) return { epoch };
      if (attempt === attempts || hostsThat(answers, 'newer').size === 0) {
        throw errorOf(name, { why: 'too_few', quorum, got, answers });
      }
    }
  }
}

class HostLock implements Lease {
  deadline: Milliseconds;
  readonly name: string;
  readonly unbroken: boolean;
  #hosts: readonly Host[];
  /** No host may be told an earlier end than this one, since the deadline counts on it. */
  #outlives: Milliseconds = 0;

  constructor(
    private readonly request: LeaseRequest,
    private terms: LeaseTerms,
    private readonly calls: HostLeaseCalls,
    private readonly gone: GoneMembers,
    private readonly clock: Clock,
    startedAt: Milliseconds,
  ) {
    this.name = hostLeaseName(request);
    this.unbroken = request.since !== undefined;
    this.#hosts = request.hosts;
    this.deadline = deadlineOf(startedAt, request.duration);
  }

  get epoch(): number {
    return this.terms.epoch;
  }

  /** Throws `lease.unavailable` when too few hosts answer but the lease may still be ours: ask again before the deadline. */
  async renew(): Promise<void> {
    const startedAt = this.clock.elapsed();
    const { request, terms } = this;
    const duration = this.#durationFrom(startedAt);
    if (startedAt >= this.deadline) throw leaseLost(request, 'it ran out before it was renewed.');
    // A majority that has it is enough, whatever a slow host says later.
    const answers = await this.#ask(renewal(terms), duration, {
      when: (soFar) => hearRenewal(terms, soFar) === 'kept',
      wait: 'none',
    });
    const got = hostsThat(answers, 'got');
    const missing = terms.quorum.members.filter((id) => !got.has(id));
    const heard = hearRenewal(terms, answers);
    const gone = heard === 'unsure' ? await this.gone.among(missing, this.#hosts) : [];
    const outcome = hearRenewal(terms, answers, new Set(gone));
    if (outcome === 'kept') {
      this.deadline = deadlineOf(startedAt, duration);
      if (this.terms === terms) this.terms = { ...terms, isJoint: false };
    } else if (outcome === 'lost') {
      const { size } = hostsThat(answers, 'held', 'newer');
      throw leaseLost(request, `${size} of ${terms.hosts.length} hosts do not have it any more.`);
    } else throw errorOf(request, { why: 'too_few', quorum: terms.quorum, got, answers });
  }

  async outlive(length: Milliseconds): Promise<void> {
    const end = this.clock.elapsed() + Math.max(length + marginOf(0), length / (1 - marginShare));
    this.#outlives = Math.max(this.#outlives, end);
    await this.renew();
  }

  /** Makes its own list the only one that its record demands; if that fails, the next renewal does. */
  async settle(): Promise<void> {
    if (this.terms.isJoint) await this.renew().catch(() => undefined);
  }

  async extend(hosts: readonly Host[]): Promise<void> {
    const grown = { run: this.request.owner.run, members: idsOf(hosts) };
    const before = this.terms;
    this.#hosts = [...hosts, ...this.#hosts.filter(({ id }) => !grown.members.includes(id))];
    const startedAt = this.clock.elapsed();
    const duration = this.#durationFrom(startedAt);
    const answers = await this.#ask(extension(before, grown.members), duration, {
      when: (soFar) => hearExtension(before, grown, soFar).refusal === undefined,
      wait: 'moment',
    });
    const { terms, refusal } = hearExtension(before, grown, answers);
    this.terms = terms;
    if (refusal !== undefined) throw errorOf(this.request, refusal);
    this.deadline = deadlineOf(startedAt, duration);
    await this.settle();
  }

  async release(): Promise<void> {
    await this.#ask(ending(this.terms), this.request.duration, untilMost);
  }

  #ask(question: LeaseQuestion, duration: Milliseconds, enough: Enough) {
    return this.calls.ask(toHosts(this.#hosts, question, { ...this.request, duration }), enough);
  }

  #durationFrom(startedAt: Milliseconds): Milliseconds {
    return Math.max(this.request.duration, this.#outlives - startedAt);
  }
}

const deadlineOf = (startedAt: Milliseconds, duration: Milliseconds): Milliseconds =>
  startedAt + duration - marginOf(duration);

const idsOf = (hosts: readonly Host[]): readonly string[] => hosts.map(({ id }) => id);

const wishOf = ({ owner, hosts, leftOut, since, above }: LeaseRequest): LeaseWish => ({
  run: owner.run,
  members: idsOf(hosts),
  leftOut: new Set(leftOut),
  gone: new Set(),
  above,
  ...defined({ since }),
});

const lookAt = (name: LeaseName): LockQuestion => ({
  ...name,
  action: 'look',
  epoch: 0,
  owner: nobody,
  duration: patience,
});

/** A question of the rules as one to hosts. */
const toHosts = (
  hosts: readonly Host[],
  { hosts: asked, ...question }: LeaseQuestion,
  { environment, group, owner, duration }: LeaseRequest,
): LockQuestion => ({
  environment,
  group,
  owner,
  duration,
  ...question,
  hosts: hosts.filter(({ id }) => asked.includes(id)),
});

/** Hosts of the list that gave too few. */
const missingIn = (refusal: Refusal): readonly string[] =>
  refusal.why === 'too_few' ? refusal.quorum.members.filter((id) => !refusal.got.has(id)) : [];

function errorOf(name: LeaseName, refusal: Refusal): AdfError {
  switch (refusal.why) {
    case 'held':
      return leaseHeld(name, refusal.holder);
    case 'had_since':
      return leaseLost(name, `run ${refusal.run} had it meanwhile, or released it by force.`);
    case 'moved':
      return leaseMoved(name, refusal.move.to, refusal.move.run);
    case 'too_few': {
      const { quorum, got, answers } = refusal;
      const failures = answers.flatMap((answer) => {
        const host = name.hosts.find(({ id }) => id === answer.host);
        return answer.kind === 'failed' && host !== undefined
          ? [`${describeHost(host)}: ${answer.reason}.`]
          : [];
      });
      const listed = new Set(idsOf(name.hosts));
      const unlisted = quorum.members.filter((id) => !listed.has(id));
      return leaseUnavailable(
        name,
        quorum.needed - missingOf(quorum, got),
        quorum.needed,
        failures,
        unlisted,
      );
    }
  }
}
