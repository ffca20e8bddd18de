/**
 * Which hosts a lease needs. Two runs may see different lists of one group, as it grows or shrinks while they look. So each host records
 * the member list that its lease was taken with, and keeps it after the lease ran out or was released. Who takes the lease needs a
 * majority of its own list and, of every list that it finds recorded on any host:
 * - where that lease lives, a majority of its members; one that the taker does not list, or that does not answer, is not free;
 * - where it ran out, a majority of its members, or all that are still listed when these are fewer: terminated hosts cannot be asked.
 *
 * The lease keeps all these majorities for as long as it is held, and so it does when it grows. Any two majorities of one list share a
 * host, so two runs cannot both hold it, as soon as one host that the later run asks has a record of the earlier list.
 */
export interface Quorum {
  /** Ids of hosts. */
  readonly members: readonly string[];
  /** How many of the members are needed. */
  readonly needed: number;
}

export const majorityCount = (size: number): number => Math.floor(size / 2) + 1;

export const majorityQuorum = (members: readonly string[]): Quorum => ({
  members,
  needed: majorityCount(members.length),
});

/** A recorded member list, and whether the lease that was taken with it still lives and is another run's. */
export interface RecordedList {
  readonly members: readonly string[];
  readonly living: boolean;
}

/** All majorities that a lease over the listed hosts needs, each once. Lists without members, of hosts that kept none, need nothing. */
export function quorumsOf(listed: readonly string[], records: readonly RecordedList[]): readonly Quorum[] {
  const quorums = records
    .filter(({ members }) => members.length > 0)
    .map(({ members, living }): Quorum => {
      const { needed } = majorityQuorum(members);
      const left = members.filter((id) => listed.includes(id)).length;
      return { members, needed: living ? needed : Math.min(needed, left) };
    });
  return joined([majorityQuorum(listed)], quorums);
}

/** Both, without the same one twice. */
export function joined(some: readonly Quorum[], others: readonly Quorum[]): readonly Quorum[] {
  const keyOf = ({ members, needed }: Quorum): string => `${needed} ${members.toSorted().join(' ')}`;
  return [...new Map([...some, ...others].map((quorum) => [keyOf(quorum), quorum])).values()];
}

/** How many hosts of a quorum are missing among those that were got; 0 or less: none. */
export const missingOf = ({ members, needed }: Quorum, got: ReadonlySet<string>): number =>
  needed - members.filter((id) => got.has(id)).length;

export const areMet = (quorums: readonly Quorum[], got: ReadonlySet<string>): boolean =>
  quorums.every((quorum) => missingOf(quorum, got) <= 0);

/** True when they cannot be met any more, since these hosts refused. */
export const areBroken = (quorums: readonly Quorum[], refused: ReadonlySet<string>): boolean =>
  quorums.some(({ members, needed }) => members.filter((id) => !refused.has(id)).length < needed);
