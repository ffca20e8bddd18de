import { leaseUnavailable } from '../errors/lease.js';
import { describeHost, type Host } from '../model/host.js';
import type { LeaseHolder, LeaseLook, LeaseName, LeaseOwner } from '../ports/lease-store.js';
import type { LockAnswer } from './host-lock-calls.js';

/** Hosts that are needed: any two majorities share a host, so two runs cannot both have one. */
export const majorityOf = (hosts: readonly Host[]): number => Math.floor(hosts.length / 2) + 1;

/** What a look at the hosts of a group told. */
export interface GroupLook extends LeaseLook {
  /** The hosts that answered and that nobody but the asker has. */
  readonly free: readonly Host[];
}

/**
 * What a majority of the hosts tell together. Somebody holds the lock when so many hosts are somebody's that no majority is free.
 * Throws `lease.unavailable` when fewer answered.
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
  const holder = free.length < needed ? mainHolder(others.map((answer) => answer.holder)) : undefined;
  return {
    epoch: Math.max(0, ...known.map(({ epoch }) => epoch)),
    free: free.map(({ host }) => host),
    ...(holder === undefined ? {} : { holder }),
  };
}

/** Of those who have hosts the one with most of them, as the host that keeps others out longest tells. */
function mainHolder(holders: readonly LeaseHolder[]): LeaseHolder | undefined {
  const byRun = [...Map.groupBy(holders, ({ run }) => run).values()];
  const [most = []] = byRun.toSorted((a, b) => b.length - a.length);
  return most.toSorted((a, b) => b.expiresIn - a.expiresIn)[0];
}

export const countGot = (answers: readonly LockAnswer[]): number =>
  answers.filter(({ kind }) => kind === 'got').length;

export const failuresOf = (answers: readonly LockAnswer[]): readonly string[] =>
  answers.flatMap((answer) =>
    answer.kind === 'failed' ? [`${describeHost(answer.host)}: ${answer.reason}.`] : [],
  );
