import type { LeaseHolder } from '../ports/lease-store.js';
import type { HostAnswer } from './host-lease-answer.js';
import {
  areBroken,
  areMet,
  isNewer,
  joined,
  majorityCount,
  majorityQuorum,
  missingOf,
  newestRecord,
  quorumsOf,
  recordNumber,
  withoutGone,
  wasConfirmed,
  type MemberRecord,
  type Move,
  type Quorum,
} from './lease-rules.js';

/**
 * The lease as a run sees it, as a pure state machine: each state asks hosts one question, and the answers lead to the next state. To
 * acquire it is to look at the newest epoch and record, to take every free host with the next epoch, and, with the majorities that the
 * record demands, to confirm it there. `test/state/lease-explored.test.ts` walks through every order of questions and answers.
 */

/** What a run asks hosts. */
export interface LeaseQuestion {
  readonly action: 'look' | 'take' | 'confirm' | 'release';
  /** 0 where it does not matter. */
  readonly epoch: number;
  /** Ids. */
  readonly hosts: readonly string[];
  /** To be kept by each host that confirms, or that is released. */
  readonly record?: MemberRecord;
}

/** What a run wants. */
export interface LeaseWish {
  readonly run: string;
  /** Ids of the group's listed hosts. */
  readonly members: readonly string[];
  readonly leftOut: ReadonlySet<string>;
  /** Hosts that do not exist any more, for so long that no lease can live by them. */
  readonly gone: ReadonlySet<string>;
  /** The epoch under which this run had the lease before: no other run may have had it since. */
  readonly since?: number;
  /** Its epoch must be above this. */
  readonly above?: number | undefined;
  /** It is taken to note this in its record, and ended then. */
  readonly moved?: Move | undefined;
}

export type Refusal =
  | { readonly why: 'held'; readonly holder: LeaseHolder }
  | { readonly why: 'had_since'; readonly run: string }
  | { readonly why: 'moved'; readonly move: Move }
  /** Too few hosts of a list gave it. */
  | {
      readonly why: 'too_few';
      readonly quorum: Quorum;
      readonly got: ReadonlySet<string>;
      readonly answers: readonly HostAnswer[];
    };

export type Acquiring =
  | Asking
  | { readonly stage: 'held'; readonly terms: LeaseTerms }
  | { readonly stage: 'refused'; readonly refusal: Refusal };

/** States that ask hosts a question. */
export type Asking =
  | { readonly stage: 'looking'; readonly attempt: number }
  | {
      readonly stage: 'taking';
      readonly attempt: number;
      readonly epoch: number;
      readonly free: readonly string[];
      readonly record: MemberRecord | undefined;
      readonly quorums: readonly Quorum[];
    }
  | {
      readonly stage: 'confirming';
      readonly attempt: number;
      readonly epoch: number;
      readonly quorums: readonly Quorum[];
    }
  /** What was taken is given back: by an attempt that came too late, which looks again, or by one that is refused. */
  | {
      readonly stage: 'giving_back';
      readonly attempt: number;
      readonly epoch: number;
      readonly hosts: readonly string[];
      readonly refusal: Refusal;
      readonly again: boolean;
    };

/** A lease that a run holds. */
export interface LeaseTerms {
  readonly epoch: number;
  /** All hosts that have or had a part of it, also those that left the list while it was held. */
  readonly hosts: readonly string[];
  /** What it needs to be kept. */
  readonly quorum: Quorum;
  /** The next step of its record. */
  readonly step: number;
  /** Its record still demands more than its own list: a renewal changes that. */
  readonly isJoint: boolean;
  readonly moved?: Move | undefined;
}

/** Runs that want the lease at the same moment may each have seen an older epoch than the other brings. */
const attempts = 3;

export const begin: Asking = { stage: 'looking', attempt: 1 };

/** What is asked in a state. */
export function questionOf(state: Asking, wish: LeaseWish): LeaseQuestion {
  switch (state.stage) {
    case 'looking':
      return { action: 'look', epoch: 0, hosts: wish.members };
    case 'taking':
      return { action: 'take', epoch: state.epoch, hosts: state.free };
    case 'confirming': {
      const { epoch, quorums } = state;
      return {
        action: 'confirm',
        epoch,
        hosts: wish.members,
        record: { number: recordNumber(epoch, 1), quorums, moved: wish.moved },
      };
    }
    case 'giving_back':
      return { action: 'release', epoch: state.epoch, hosts: state.hosts };
  }
}

/** Where the answers to its question lead. */
export function hear(state: Asking, wish: LeaseWish, answers: readonly HostAnswer[]): Acquiring {
  switch (state.stage) {
    case 'looking':
      return looked(state.attempt, wish, answers);
    case 'taking':
      return taken(state, wish, answers);
    case 'confirming':
      return confirmed(state, wish, answers);
    case 'giving_back':
      return state.again
        ? { stage: 'looking', attempt: state.attempt + 1 }
        : { stage: 'refused', refusal: state.refusal };
  }
}

/** True when answers that are still to come can hardly change where it leads. */
export function isDecided(state: Asking, wish: LeaseWish, answers: readonly HostAnswer[]): boolean {
  switch (state.stage) {
    case 'looking':
      return readLook(wish, answers).refusal?.why !== 'too_few';
    case 'taking':
    case 'confirming':
      return (
        areMet(state.quorums, hostsThat(answers, 'got')) ||
        areBroken(state.quorums, hostsThat(answers, 'held', 'newer'))
      );
    case 'giving_back':
      return answers.filter(({ kind }) => kind !== 'failed').length >= majorityCount(answers.length);
  }
}

/** Nothing is written on hosts that could not give the lease together. */
function looked(attempt: number, wish: LeaseWish, answers: readonly HostAnswer[]): Acquiring {
  const { epoch, free, record, quorums, refusal } = readLook(wish, answers);
  const refused = otherSince(wish, answers) ?? refusal ?? movedAway(wish, record);
  if (refused !== undefined) return { stage: 'refused', refusal: refused };
  const next = Math.max(epoch, wish.above ?? 0) + 1;
  return { stage: 'taking', attempt, epoch: next, free, record, quorums };
}

/** Runs keep it elsewhere, and one of them may live: only who notes that, too, may have it for a moment. */
function movedAway({ moved }: LeaseWish, record: MemberRecord | undefined): Refusal | undefined {
  if (moved !== undefined || record?.moved === undefined) return undefined;
  return { why: 'moved', move: record.moved };
}

/** What a look at the hosts of a group told. */
export interface GroupLook {
  /** The newest. */
  readonly epoch: number;
  /** The newest. */
  readonly record: MemberRecord | undefined;
  /** What a lease of these hosts needs. */
  readonly quorums: readonly Quorum[];
  /** The hosts that answered and that no other run has. */
  readonly free: readonly string[];
  /** A majority answered, so the epoch and the record are the newest that there are. */
  readonly isHeard: boolean;
  /** Why these hosts cannot give the lease together. */
  readonly refusal?: Refusal;
}

export function readLook(
  { run, members, leftOut, gone }: Pick<LeaseWish, 'run' | 'members' | 'leftOut' | 'gone'>,
  answers: readonly HostAnswer[],
): GroupLook {
  const known = answers.flatMap((answer) =>
    answer.kind === 'free' || answer.kind === 'held' ? [answer] : [],
  );
  const heard = hostsThat(known, 'free', 'held');
  const free = known.filter((answer) => !isOthers(run, answer)).map(({ host }) => host);
  const record = newestRecord(known.map((answer) => answer.record));
  const quorums = withoutGone(quorumsOf({ members, leftOut }, record), gone);
  // A majority must have answered, or it is unknown which epoch is the newest.
  const isHeard = missingOf(majorityQuorum(members), heard) <= 0;
  const epoch = Math.max(0, ...known.map((answer) => answer.epoch));
  const look = { epoch, record, quorums, free, isHeard };
  if (!isHeard) return { ...look, refusal: tooFew([majorityQuorum(members)], heard, answers) };
  if (areMet(quorums, new Set(free))) return look;
  return { ...look, refusal: refusalOf(run, quorums, new Set(free), answers) };
}

/** What hosts know of a lease that a run keeps elsewhere, namely in `to`. */
export interface MoveLook {
  /** The newest. */
  readonly epoch: number;
  /** A run that takes it on the hosts finds the note that it was moved there. */
  readonly isMoved: boolean;
  /** It may be held on the hosts. */
  readonly refusal?: Refusal;
}

/** Too few answers do when they have a note that a majority confirmed: the hosts gave it to no run since, unless it was seized. */
export function readMove(wish: LeaseWish, to: string, answers: readonly HostAnswer[]): MoveLook {
  const { epoch, record, quorums, free, isHeard, refusal } = readLook(wish, answers);
  const isNoted = record?.moved?.to === to;
  if (refusal === undefined) {
    const newest = answers.filter((answer) => 'record' in answer && answer.record.number === record?.number);
    return { epoch, isMoved: isNoted && areMet(quorums, new Set(newest.map(({ host }) => host))) };
  }
  const why = refusalOf(wish.run, quorums, new Set(free), answers);
  if (why.why === 'held') return { epoch, isMoved: false, refusal: why };
  if (isNoted && wasConfirmed(record)) return { epoch, isMoved: true };
  return isHeard ? { epoch, isMoved: false } : { epoch, isMoved: false, refusal };
}

function taken(
  { attempt, epoch, record, quorums }: Extract<Asking, { stage: 'taking' }>,
  wish: LeaseWish,
  answers: readonly HostAnswer[],
): Acquiring {
  const got = hostsThat(answers, 'got');
  const other = otherSince(wish, answers);
  // A record that was confirmed since the look may demand other majorities.
  const isOutdated = answers.some((answer) => answer.kind === 'got' && isNewer(answer.record, record));
  if (other === undefined && !isOutdated && areMet(quorums, got)) {
    return { stage: 'confirming', attempt, epoch, quorums };
  }
  // A host whose answer was lost may have given its part all the same.
  const hosts = answers.filter(({ kind }) => kind !== 'held').map(({ host }) => host);
  const isOvertaken = isOutdated || answers.some(({ kind }) => kind === 'newer');
  const refusal = other ?? refusalOf(wish.run, quorums, got, answers);
  return givingBack({ attempt, epoch, hosts, refusal, again: other === undefined && isOvertaken });
}

function confirmed(
  { attempt, epoch, quorums }: Extract<Asking, { stage: 'confirming' }>,
  { run, members, moved }: LeaseWish,
  answers: readonly HostAnswer[],
): Acquiring {
  const got = hostsThat(answers, 'got');
  if (areMet(quorums, got)) {
    const quorum = majorityQuorum(members);
    const isJoint = joined(quorums, [quorum]).length > 1;
    return { stage: 'held', terms: { epoch, hosts: members, quorum, step: 2, isJoint, moved } };
  }
  const refusal = refusalOf(run, quorums, got, answers);
  const again = answers.some(({ kind }) => kind === 'newer');
  return givingBack({ attempt, epoch, hosts: members, refusal, again });
}

const givingBack = (state: Omit<Extract<Asking, { stage: 'giving_back' }>, 'stage'>): Asking => ({
  ...state,
  stage: 'giving_back',
  again: state.again && state.attempt < attempts,
});

/** To renew it. The answers of the hosts extend its life. */
export const renewal = (terms: LeaseTerms): LeaseQuestion => ({ ...kept(terms), action: 'confirm' });

/** To end it. */
export const ending = (terms: LeaseTerms): LeaseQuestion => ({ ...kept(terms), action: 'release' });

const kept = ({ epoch, hosts, quorum, step, moved }: LeaseTerms): Omit<LeaseQuestion, 'action'> => ({
  epoch,
  hosts,
  record: { number: recordNumber(epoch, step), quorums: [quorum], moved },
});

/** `unsure`: too few hosts answered, and it may still be ours: ask again before its deadline. */
export function hearRenewal(
  { quorum }: LeaseTerms,
  answers: readonly HostAnswer[],
  gone: ReadonlySet<string> = new Set(),
): 'kept' | 'lost' | 'unsure' {
  const quorums = withoutGone([quorum], gone);
  if (areMet(quorums, hostsThat(answers, 'got'))) return 'kept';
  return areBroken(quorums, hostsThat(answers, 'held', 'newer')) ? 'lost' : 'unsure';
}

/** To make it one of the group as it is listed now: it needs what it needed before, and a majority of the new list. */
export const extension = (terms: LeaseTerms, members: readonly string[]): LeaseQuestion => ({
  action: 'confirm',
  epoch: terms.epoch,
  hosts: [...new Set([...members, ...terms.hosts])],
  record: { number: recordNumber(terms.epoch, terms.step + 1), quorums: grownQuorums(terms, members) },
});

/**
 * The terms from now on. When it could not grow it needs what it needed. Its record gets a later step all the same, since some hosts may
 * have the one that failed, and the hosts that joined stay locked until it is released.
 */
export function hearExtension(
  before: LeaseTerms,
  { run, members }: Pick<LeaseWish, 'run' | 'members'>,
  answers: readonly HostAnswer[],
): { readonly terms: LeaseTerms; readonly refusal?: Refusal } {
  const { hosts } = extension(before, members);
  const terms = { ...before, hosts, step: before.step + 2, isJoint: true };
  const quorums = grownQuorums(before, members);
  const got = hostsThat(answers, 'got');
  return areMet(quorums, got)
    ? { terms: { ...terms, quorum: majorityQuorum(members) } }
    : { terms, refusal: refusalOf(run, quorums, got, answers) };
}

const grownQuorums = ({ quorum }: LeaseTerms, members: readonly string[]): readonly Quorum[] =>
  joined([quorum], [majorityQuorum(members)]);

/** Hosts that gave such an answer. */
export const hostsThat = (
  answers: readonly HostAnswer[],
  ...kinds: readonly HostAnswer['kind'][]
): ReadonlySet<string> => new Set(answers.filter(({ kind }) => kinds.includes(kind)).map(({ host }) => host));

const isOthers = (run: string, answer: HostAnswer): boolean =>
  answer.kind === 'held' && answer.holder.run !== run;

/** The first run but our own that came to a host under the epoch `since`, or later. Before anything is written: that would hide it. */
function otherSince({ run, since }: LeaseWish, answers: readonly HostAnswer[]): Refusal | undefined {
  if (since === undefined) return undefined;
  const comers = answers.flatMap((answer) => ('comers' in answer ? answer.comers : []));
  const other = comers.find((comer) => comer.epoch >= since && comer.run !== run);
  return other === undefined ? undefined : { why: 'had_since', run: other.run };
}

/** Which run keeps us out; too few hosts when none does. */
function refusalOf(
  run: string,
  quorums: readonly Quorum[],
  got: ReadonlySet<string>,
  answers: readonly HostAnswer[],
): Refusal {
  const holders = answers.flatMap((answer) =>
    answer.kind === 'held' && answer.holder.run !== run ? [answer.holder] : [],
  );
  const holder = mainHolder(holders);
  return holder === undefined ? tooFew(quorums, got, answers) : { why: 'held', holder };
}

function tooFew(
  quorums: readonly Quorum[],
  got: ReadonlySet<string>,
  answers: readonly HostAnswer[],
): Refusal {
  const [quorum = majorityQuorum([])] = quorums.toSorted((a, b) => missingOf(b, got) - missingOf(a, got));
  return { why: 'too_few', quorum, got, answers };
}

/** Of those who have hosts the one with most of them, as the host that keeps others out longest tells. */
function mainHolder(holders: readonly LeaseHolder[]): LeaseHolder | undefined {
  const byRun = [...Map.groupBy(holders, ({ run }) => run).values()];
  const [most = []] = byRun.toSorted((a, b) => b.length - a.length);
  return most.toSorted((a, b) => b.expiresIn - a.expiresIn)[0];
}
