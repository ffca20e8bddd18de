import { defined } from '../model/defined.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import { kindOf, type CloudHold, type HeldInCloud, type Hold } from '../model/hold.js';
import type { Host } from '../model/host.js';
import type { EnvironmentName, GroupName, HoldId, HostId, RunId } from '../model/ids.js';
import type { JobOnHost } from '../model/job-on-host.js';
import { lateAtMost } from '../model/late-effect.js';
import type { GroupRecord, ProcessRecord } from '../model/run-record.js';
import type { HeldOnHost } from '../model/holds/held-on-host.js';
import { outlivedNotes } from './claims.js';
import { isInterrupted, type Epochs, type RebuiltRun, type UnknownMutation } from './rebuild-run.js';

/** A run that did not get to its end, or left something held: all that its journal and its hosts tell. */
export interface InterruptedRun {
  readonly run: RunId;
  readonly verb: string;
  readonly environment: EnvironmentName;
  readonly owner: HeldOnHost['owner'];
  /** When it began; where only its hosts tell of it, when it first took something. */
  readonly at: EpochMilliseconds;
  /** Unknown where only its hosts tell of it. */
  readonly process?: ProcessRecord;
  readonly groups: readonly GroupRecord[];
  /** The groups whose leases it needs: of these, and of what is held of no host, where its copies are all that tells of the run. */
  readonly groupNames: readonly GroupName[];
  /** Its journal is here, and says that it got to its end. */
  readonly ended: boolean;
  /** Its journal is here. */
  readonly journaled: boolean;
  /** What is still held. Each host's in the order in which it was taken. */
  readonly held: readonly Hold[];
  /** What it still holds of no host. */
  readonly inCloud: readonly CloudHold[];
  readonly origin: readonly Hold[];
  /** On its host, though its journal says that it is settled: nothing is to be restored, and the note is to be taken off. */
  readonly outlived: readonly Hold[];
  /** Those of `held` whose notes were seen. */
  readonly noted: ReadonlySet<HoldId>;
  /** Hosts that by its journal keep the planned containers. */
  readonly finished: ReadonlySet<HostId>;
  /** The hosts that its playbook added, as its journal tells how they are reached. */
  readonly added: readonly Host[];
  /** The epochs under which it had its leases; empty where its journal does not tell. */
  readonly epochs: Epochs;
  /** On its host, and not open in the journal, which is here and older; or there is none. */
  readonly unwritten: readonly (Hold | CloudHold)[];
  readonly unknown: readonly UnknownMutation[];
}

/** What one host keeps of holds. */
export interface HostAnswer {
  readonly host: HostId;
  readonly copies: readonly HeldOnHost[];
  /** The jobs that run on it. */
  readonly jobs: readonly JobOnHost[];
  /** When it said so, by this machine's clock. */
  readonly at: EpochMilliseconds;
}

/**
 * Puts the journal of a run together with what its hosts keep. A note is there before anything is taken, so one that the journal does not
 * have is held, too. A host may have lost notes: what the journal says of it is a claim, to be judged by what the host shows (claims.ts). Undefined when the run is not interrupted, and left no note.
 */
export function interruptedRun(
  run: RunId,
  environment: EnvironmentName,
  rebuilt: RebuiltRun | undefined,
  answers: readonly HostAnswer[],
  cloudCopies: readonly HeldInCloud<CloudHold>[] = [],
): InterruptedRun | undefined {
  const found = answers.flatMap((answer) => answer.copies.filter((copy) => copy.run === run));
  const outlived = outlivedNotes(found, rebuilt?.settled ?? new Map());
  const copies = found.filter(({ hold }) => !outlived.includes(hold));
  const noted = cloudCopies.filter((copy) => copy.run === run).map(({ hold }) => hold);
  // A journal that is here tells of the jobs itself.
  const jobs = rebuilt?.record === undefined ? jobsOf(run, answers) : [];
  const isHeld = copies.length > 0 || noted.length > 0 || jobs.length > 0;
  if (!isHeld && outlived.length === 0 && (rebuilt === undefined || !isInterrupted(rebuilt)))
    return undefined;
  const [first] = copies;
  const identity = rebuilt?.record ?? first ?? (jobs[0] && identityOf(jobs[0].job)) ?? unknownIdentity;
  const inCloud = [
    ...new Map([...(rebuilt?.inCloud ?? []), ...noted].map((hold) => [hold.id, hold])).values(),
  ];
  const groups = groupsOf(rebuilt, copies);
  const open = rebuilt?.open ?? [];
  const written = new Set([...open, ...(rebuilt?.inCloud ?? [])].map(({ id }) => id));
  const kept = new Set(copies.map(({ hold }) => hold.id));
  const held = [...copies.map(({ hold }) => hold), ...open.filter(({ id }) => !kept.has(id))];
  const process = rebuilt?.process;
  return {
    run,
    verb: identity.verb,
    environment: identity.environment ?? environment,
    owner: identity.owner,
    at:
      rebuilt?.startedAt ?? firstOf([...copies.map(({ at }) => at), ...jobs.map(({ job }) => job.startedAt)]),
    ...defined({ process }),
    groups,
    groupNames: [
      ...new Set([
        ...groups.map(({ name }) => name),
        ...inCloud.map(({ group }) => group),
        ...jobs.flatMap(({ job }) => job.groups),
      ]),
    ],
    ended: rebuilt?.ended !== undefined,
    journaled: rebuilt?.record !== undefined,
    held: held.toSorted((a, b) => orderOf(a) - orderOf(b)),
    inCloud,
    origin: [...(rebuilt?.origin ?? []), ...held],
    outlived,
    noted: kept,
    finished: rebuilt?.finished ?? new Set(),
    added: rebuilt?.added ?? [],
    epochs: rebuilt?.epochs ?? new Map(),
    unwritten: [...copies.map(({ hold }) => hold), ...inCloud].filter(({ id }) => !written.has(id)),
    unknown:
      rebuilt?.record === undefined
        ? [...copies.map(mayBeUnderWay), ...jobs.map(runsThere)]
        : rebuilt.unknown,
  };
}

/** True of a run that is not interrupted: only notes of settled holds are left of it. */
export const isOnlyOutlived = ({ ended, held, inCloud, outlived }: InterruptedRun): boolean =>
  ended && held.length === 0 && inCloud.length === 0 && outlived.length > 0;

interface RunningJob extends Pick<HostAnswer, 'host' | 'at'> {
  readonly job: JobOnHost;
}

const jobsOf = (run: RunId, answers: readonly HostAnswer[]): readonly RunningJob[] =>
  answers.flatMap(({ host, at, jobs }) =>
    jobs.filter((job) => job.run === run).map((job) => ({ host, at, job })),
  );

const identityOf = ({ verb, who, environment }: JobOnHost) => ({ verb, owner: { who }, environment });

const runsThere = ({ host, at, job: { id, left } }: RunningJob): UnknownMutation => ({
  host,
  what: `job ${id}`,
  at,
  // One that its host should have ended by now may be about to end.
  ownTime: Math.max(0, left),
  job: id,
});

const firstOf = (times: readonly EpochMilliseconds[]): EpochMilliseconds =>
  times.length === 0 ? 0 : Math.min(...times);

/** Of a run that only a copy in the cloud tells of. */
const unknownIdentity = { verb: 'run', owner: { who: 'somebody' }, environment: undefined };

function groupsOf(rebuilt: RebuiltRun | undefined, copies: readonly HeldOnHost[]): readonly GroupRecord[] {
  const all = [...(rebuilt?.record?.groups ?? []), ...copies.flatMap(({ group }) => group ?? [])];
  return [...new Map(all.toReversed().map((group) => [group.name, group])).values()].toReversed();
}

/** Holds are counted; a host's own are restored in the order in which they were taken. */
const orderOf = ({ id }: Hold): number => Number(/#(\d+)$/.exec(id)?.[1] ?? 0);

/** Where the journal is elsewhere it is unknown which mutations were made: what was taken may have been under way. */
const mayBeUnderWay = ({ hold, at }: HeldOnHost): UnknownMutation => ({
  host: hold.host,
  what: `what the hold ${hold.id} was for`,
  at,
});

/**
 * How long from now on something may still happen to a host that the interrupted run had asked for: a container that is being stopped goes
 * down as late as its stop timeout says. Jobs are left out: their hosts can be asked for them. `now` is this machine's wall clock; another's may be ahead, so no wait is longer than that.
 */
export function timeUntilQuiet(
  host: HostId,
  { unknown, held }: Pick<InterruptedRun, 'unknown' | 'held'>,
  now: EpochMilliseconds,
): Milliseconds {
  const left = unknown
    .filter((mutation) => mutation.host === host && mutation.job === undefined)
    .map(({ at, ownTime = ownTimesOf(host, held) }) =>
      Math.min(lateAtMost(ownTime), at + lateAtMost(ownTime) - now),
    );
  return Math.max(0, ...left);
}

/** The most that requests for what is held of this host may take, such as the stops of its containers. */
const ownTimesOf = (host: HostId, held: readonly Hold[]): Milliseconds =>
  held.reduce((all, hold) => (hold.host === host ? all + kindOf(hold).ownTime(hold) : all), 0);
