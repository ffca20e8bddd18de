import { leaseUnavailable } from '../errors/lease.js';
import { describeHost, type Host } from '../model/host.js';
import type { LeaseHolder, LeaseLook, LeaseName, LeaseOwner } from '../ports/lease-store.js';
import type { LockAnswer } from './host-lock-calls.js';
import type { Comer } from './host-lock-answer.js';
import { areMet, majorityCount, quorumsOf, type Quorum } from './lease-rules.js';

/** Hosts that are needed of a list: any two majorities share a host, so two runs cannot both have one. */
export const majorityOf = (hosts: readonly Host[]): number => majorityCount(hosts.length);

/** What a look at the hosts of a group told. */
export interface GroupLook extends LeaseLook {
  /** The hosts that answered and that nobody but the asker has. */
  readonly free: readonly Host[];
  /** What a lease over these hosts needs. */
  readonly quorums: readonly Quorum[];
  /** Runs that the hosts know. */
  readonly comers: readonly Comer[];
}

/**
 * What a majority of the hosts tell together. Somebody holds the lock when so many hosts are somebody's that a majority which the lease
 * needs is not free (see `Quorum`). Throws `lease.unavailable` when fewer answered, or when hosts of an older list did not answer.
 */
export function readLook(name: LeaseName, answers: readonly LockAnswer[], asker: LeaseOwner): GroupLook {
  const known = answers.flatMap((answer) =>
    answer.kind === 'held' || answer.kind === 'free' ? [answer] : [],
  );
  const needed = majorityOf(name.hosts);
  if (known.length < needed) throw leaseUnavailable(name, known.length, needed, failuresOf(answers));
  const others = known.flatMap((answer) =>
    answer.kind === 'held' && answer.holder.run !== asker.run ? [answer] : [],
  );
  const free = known.filter((answer) => !others.some(({ host }) => host === answer.host));
  const records = known.map(({ host, members }) => ({
    members,
    living: others.some((other) => other.host === host),
  }));
  const quorums = quorumsOf(idsOf(name.hosts), records);
  const possible = areMet(quorums, new Set(free.map(({ host }) => host.id)));
  const holder = possible ? undefined : mainHolder(others.map((answer) => answer.holder));
  return {
    epoch: Math.max(0, ...known.map(({ epoch }) => epoch)),
    free: free.map(({ host }) => host),
    quorums,
    comers: known.flatMap(({ comers }) => comers),
    ...(holder === undefined ? {} : { holder }),
  };
}

export const idsOf = (hosts: readonly Host[]): readonly string[] => hosts.map(({ id }) => id);

/** Of those who have hosts the one with most of them, as the host that keeps others out longest tells. */
function mainHolder(holders: readonly LeaseHolder[]): LeaseHolder | undefined {
  const byRun = [...Map.groupBy(holders, ({ run }) => run).values()];
  const [most = []] = byRun.toSorted((a, b) => b.length - a.length);
  return most.toSorted((a, b) => b.expiresIn - a.expiresIn)[0];
}

/** Ids of the hosts that gave such an answer. */
export const answered = (
  answers: readonly LockAnswer[],
  ...kinds: readonly LockAnswer['kind'][]
): Set<string> => new Set(answers.filter(({ kind }) => kinds.includes(kind)).map(({ host }) => host.id));

export const countGot = (answers: readonly LockAnswer[]): number => answered(answers, 'got').size;

export const failuresOf = (answers: readonly LockAnswer[]): readonly string[] =>
  answers.flatMap((answer) =>
    answer.kind === 'failed' ? [`${describeHost(answer.host)}: ${answer.reason}.`] : [],
  );
