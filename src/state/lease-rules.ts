/**
 * Which hosts a lease needs. Two runs may see different lists of one group, as it grows or shrinks while they look. So every host keeps
 * a record of the lists that its lease was confirmed with, also after the lease ran out or was released. The rule is that of joint
 * consensus (Ongaro, "Consensus: Bridging Theory and Practice", section 4.3):
 * - A lease needs a majority of its own list and a majority of every list in the newest record that it finds.
 * - It writes all these lists into the record that it confirms, and replaces them by its own list alone once it has these majorities.
 *
 * Any two majorities of one list share a host. So a later run that has a majority of a list finds each newer record that a majority of the
 * same list confirmed, and two runs cannot both hold the lease.
 */
export interface Quorum {
  /** Ids of hosts. */
  readonly members: readonly string[];
  /** How many of the members are needed. */
  readonly needed: number;
}

/** What a host keeps of the lists of a lease. */
export interface MemberRecord {
  /** Rises with every change, see `recordNumber`. The highest counts. */
  readonly number: number;
  readonly quorums: readonly Quorum[];
  readonly moved?: Move | undefined;
}

/** From its record on, runs keep the lease elsewhere than on the hosts. */
export interface Move {
  /** `dynamodb`. */
  readonly to: string;
  /** Who moved it. */
  readonly run: string;
}

/** A later step of the same epoch is newer, and any step of a later epoch. A lease has as many steps as its list changes, twice. */
export const recordNumber = (epoch: number, step: number): number => epoch * 1_000 + Math.min(step, 999);

/** True when the majorities that it demands have it, or an earlier step of it: a run that has no such majority takes no second step. */
export const wasConfirmed = ({ number }: MemberRecord): boolean => number % 1_000 > 1;

export const majorityCount = (size: number): number => Math.floor(size / 2) + 1;

export const majorityQuorum = (members: readonly string[]): Quorum => ({
  members,
  needed: majorityCount(members.length),
});

export function newestRecord(records: readonly (MemberRecord | undefined)[]): MemberRecord | undefined {
  return records.reduce((newest, record) => (isNewer(record, newest) ? record : newest), undefined);
}

export const isNewer = (one: MemberRecord | undefined, other: MemberRecord | undefined): boolean =>
  (one?.number ?? 0) > (other?.number ?? 0);

/** What a lease of the listed hosts needs, beside what a record demands. */
export interface Listed {
  /** Ids of the group's hosts. */
  readonly members: readonly string[];
  /** Listed hosts that a person leaves out, since they cannot be reached. */
  readonly leftOut: ReadonlySet<string>;
}

/**
 * The majorities that a lease needs. The first lease of a group finds no record. Then no host can tell whether it joined a moment ago, so
 * all hosts are needed but those that a person leaves out, and still a majority.
 */
export function quorumsOf({ members, leftOut }: Listed, record: MemberRecord | undefined): readonly Quorum[] {
  const majority = majorityQuorum(members);
  if (record !== undefined) return joined(record.quorums, [majority]);
  const reachable = members.filter((id) => !leftOut.has(id));
  return joined([{ members: reachable, needed: reachable.length }], [majority]);
}

/** Both, without the same one twice. */
export function joined(some: readonly Quorum[], others: readonly Quorum[]): readonly Quorum[] {
  const keyOf = ({ members, needed }: Quorum): string => `${needed} ${members.toSorted().join(' ')}`;
  return [...new Map([...some, ...others].map((quorum) => [keyOf(quorum), quorum])).values()];
}

/**
 * The same without hosts that do not exist any more: no run can have them, so a majority of the rest shares a host with every other
 * majority. A run that had its majority with their help may go on until its deadline: wait that long before you count on this.
 */
export const withoutGone = (quorums: readonly Quorum[], gone: ReadonlySet<string>): readonly Quorum[] =>
  quorums.map(({ members, needed }) => {
    const left = members.filter((id) => !gone.has(id));
    return { members: left, needed: needed === members.length ? left.length : majorityOf(left) };
  });

const majorityOf = (members: readonly string[]): number =>
  members.length === 0 ? 0 : majorityCount(members.length);

/** How many hosts of a quorum are missing among those that were got; 0 or less: none. */
export const missingOf = ({ members, needed }: Quorum, got: ReadonlySet<string>): number =>
  needed - members.filter((id) => got.has(id)).length;

export const areMet = (quorums: readonly Quorum[], got: ReadonlySet<string>): boolean =>
  quorums.every((quorum) => missingOf(quorum, got) <= 0);

/** True when they cannot be met any more, since these hosts refused. */
export const areBroken = (quorums: readonly Quorum[], refused: ReadonlySet<string>): boolean =>
  quorums.some(({ members, needed }) => members.filter((id) => !refused.has(id)).length < needed);
