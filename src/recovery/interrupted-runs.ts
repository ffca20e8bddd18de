import pLimit from 'p-limit';
import { type Blips, findCloudHolds } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { CloudHold, HeldInCloud, Hold } from '../model/hold.js';
import type { Host } from '../model/host.js';
import type { GroupName, HostId, RunId } from '../model/ids.js';
import type { JournalRecord } from '../model/journal-record.js';
import {
  interruptedRun,
  isOnlyOutlived,
  type HostAnswer,
  type InterruptedRun,
} from '../plan/interrupted-run.js';
import { isInterrupted, mayBeInterrupted, rebuildRun, type RebuiltRun } from '../plan/rebuild-run.js';
import type { HeldOnHost } from '../model/holds/held-on-host.js';
import type { HostNotes } from '../ports/host-holds.js';
import type { World } from '../world/world.js';
import { addedBy } from './recovery-leases.js';

/** Which interrupted runs are looked for. */
export interface Scope {
  /** Only this run. */
  readonly run?: RunId;
  /** Only runs of one of these groups. */
  readonly groups?: readonly GroupName[];
  /** Asked as well, whatever group they are in by now. */
  readonly hosts?: ReadonlySet<HostId>;
  /** Hosts asked at the same time. */
  readonly forks: number;
  /** How hosts that are away for a moment are waited for; each is asked once when absent. */
  readonly blips?: Pick<Blips, 'outlast'>;
  /** How long the Docker Engines are waited for; as long as hosts are when absent. */
  readonly engines?: EnginePatience;
}

/** For what needs no Docker Engine: one that does not answer is waited for once, and not for long. */
export class EnginePatience {
  /** After its host has answered. */
  readonly #within: Milliseconds = 3_000;
  readonly #silent = new Set<HostId>();

  of({ id }: Host): Milliseconds {
    return this.#silent.has(id) ? 0 : this.#within;
  }

  /** Whether that was not known. */
  isSilent({ id }: Host): boolean {
    const isNew = !this.#silent.has(id);
    this.#silent.add(id);
    return isNew;
  }
}

/** What a look found; it changes nothing. */
export interface InterruptedRuns {
  /** Newest first: what was taken last is restored first. */
  readonly runs: readonly InterruptedRun[];
  /** Runs that are over, and left notes of settled holds on hosts. */
  readonly left: readonly InterruptedRun[];
  /** What could not be read: a journal, the tags of Auto Scaling groups. */
  readonly unread: readonly AdfError[];
  readonly unasked: ReadonlyMap<HostId, { readonly host: Host; readonly error: AdfError }>;
  /** Hosts whose Docker Engines were given up just now: what these keep is not known. */
  readonly silent: readonly Host[];
}

/**
 * Looks for interrupted runs of an environment: in the journals of this machine, and in what its hosts keep: those of the groups asked
 * for, or those of the run asked for, or all. What cannot be read or asked is told beside what was found.
 */
export async function lookForInterrupted(
  world: Pick<World, 'journals' | 'hostHolds' | 'scaling' | 'clock'>,
  inventory: Inventory,
  scope: Scope,
): Promise<InterruptedRuns> {
  const unreadable: AdfError[] = [];
  const read: ReadJournal = async (run, isOfInterest) => {
    try {
      const ofInterest = isOfInterest(await world.journals.last(run));
      return ofInterest ? rebuildRun(await world.journals.read(run)) : undefined;
    } catch (error) {
      unreadable.push(errorsOf(error)[0]);
      return undefined;
    }
  };
  const here = await readJournals(world, scope, read);
  const hosts = [...hostsOf(inventory, scope, here), ...addedHosts(inventory, scope, here)];
  const [{ answers, unasked, silent }, cloudCopies] = await Promise.all([
    askHosts(world, hosts, inventory, scope),
    askCloud(world, hosts, inventory, scope).catch((error: unknown) => {
      unreadable.push(errorsOf(error)[0]);
      return [];
    }),
  ]);
  const rebuilt = new Map(here);
  const told = new Set([...runsOf(answers, hosts, scope), ...cloudCopies.map(({ run }) => run)]);
  for (const run of told) {
    const found = rebuilt.has(run) ? undefined : await read(run, (last) => last !== undefined);
    if (found !== undefined) rebuilt.set(run, found);
  }
  const all = [...new Set([...rebuilt.keys(), ...told])]
    .flatMap(
      (run) => interruptedRun(run, inventory.environment, rebuilt.get(run), answers, cloudCopies) ?? [],
    )
    .filter((run) => run.environment === inventory.environment && isWanted(run, hosts, scope));
  const runs = all.filter((run) => !isOnlyOutlived(run));
  return {
    runs: runs.toSorted((a, b) => b.at - a.at || (a.run < b.run ? 1 : -1)),
    left: all.filter(isOnlyOutlived),
    unread: unreadable,
    unasked,
    silent,
  };
}

/** Reads a journal if its last record says so. Undefined when it does not, or the journal cannot be read. */
type ReadJournal = (
  run: RunId,
  isOfInterest: (last: JournalRecord | undefined) => boolean,
) => Promise<RebuiltRun | undefined>;

/** The journals of this machine that tell of an interrupted run; of most only the last line is read. */
async function readJournals(
  { journals }: Pick<World, 'journals'>,
  { run: only }: Scope,
  read: ReadJournal,
): Promise<ReadonlyMap<RunId, RebuiltRun>> {
  const found = new Map<RunId, RebuiltRun>();
  for (const run of await journals.runs()) {
    if (only !== undefined && run !== only) continue;
    const rebuilt = await read(run, mayBeInterrupted);
    if (rebuilt !== undefined && isInterrupted(rebuilt)) found.set(run, rebuilt);
  }
  return found;
}

function hostsOf(
  inventory: Inventory,
  { run, groups, hosts }: Scope,
  here: ReadonlyMap<RunId, RebuiltRun>,
): readonly Host[] {
  const known = run === undefined ? undefined : here.get(run)?.record?.groups.map(({ name }) => name);
  const names = groups ?? known;
  if (names === undefined) return inventory.hosts;
  const named = new Set(names.flatMap((name) => inventory.group(name)));
  return inventory.hosts.filter((host) => named.has(host) || hosts?.has(host.id) === true);
}

/** The hosts that the playbooks of these runs added, as far as runs of these groups are looked for: no inventory tells of them. */
function addedHosts(
  inventory: Inventory,
  { groups }: Scope,
  here: ReadonlyMap<RunId, RebuiltRun>,
): readonly Host[] {
  const runs = [...here.values()].filter(
    ({ record }) =>
      record?.environment === inventory.environment &&
      (groups === undefined || record.groups.some(({ name }) => groups.includes(name))),
  );
  const added = runs.flatMap((run) => addedBy(run, inventory));
  return [...new Map(added.map((host) => [host.id, host])).values()];
}

async function askHosts(
  { hostHolds, clock }: Pick<World, 'hostHolds' | 'clock'>,
  hosts: readonly Host[],
  { environment }: Inventory,
  { forks, blips, engines }: Scope,
): Promise<Pick<InterruptedRuns, 'unasked' | 'silent'> & { readonly answers: readonly HostAnswer[] }> {
  const limit = pLimit(Math.max(1, forks));
  const unasked = new Map<HostId, { readonly host: Host; readonly error: AdfError }>();
  const silent: Host[] = [];
  const ask = async (host: Host): Promise<readonly HostAnswer[]> => {
    try {
      const look = (): Promise<HostNotes> =>
        hostHolds.on(host).look(defined({ engineWithin: engines?.of(host) }));
      const { held, jobs, engineIsSilent } = await (blips === undefined
        ? look()
        : blips.outlast({ host }, look));
      if (engineIsSilent === true && engines?.isSilent(host) === true) silent.push(host);
      // A host may stand in the inventory of several environments; and only what it says of itself counts.
      const own = (copy: HeldOnHost): boolean =>
        copy.environment === environment && copy.hold.host === host.id;
      const ownJobs = jobs.filter((job) => job.environment === environment);
      return [{ host: host.id, copies: held.filter(own), jobs: ownJobs, at: clock.now() }];
    } catch (error) {
      unasked.set(host.id, { host, error: errorsOf(error)[0] });
      return [];
    }
  };
  const answers = await Promise.all(hosts.map((host) => limit(() => ask(host))));
  return { answers: answers.flat(), unasked, silent };
}

/** What runs hold of no host, as the Auto Scaling groups tell that these hosts are in. */
async function askCloud(
  world: Pick<World, 'scaling'>,
  hosts: readonly Host[],
  { environment }: Inventory,
  { run, groups }: Scope,
): Promise<readonly HeldInCloud<CloudHold>[]> {
  const found = await findCloudHolds(world, environment, hosts);
  return found.filter(
    (copy) =>
      (run === undefined || copy.run === run) && (groups === undefined || groups.includes(copy.hold.group)),
  );
}

/** The runs that hosts tell of. A host that changed its group since is held all the same, by a run of the group that it was in. */
function runsOf(
  answers: readonly HostAnswer[],
  hosts: readonly Host[],
  { run, groups }: Scope,
): readonly RunId[] {
  const copies = answers.flatMap((answer) => answer.copies);
  const wanted = copies.filter(
    (copy) => (run === undefined || copy.run === run) && isOfGroups(copy.hold, hosts, groups),
  );
  const jobs = answers.flatMap((answer) => answer.jobs);
  const wantedJobs = jobs.filter(
    (job) =>
      (run === undefined || job.run === run) &&
      (groups === undefined || job.groups.some((name) => groups.includes(name))),
  );
  return [...new Set([...wanted, ...wantedJobs].map((one) => one.run))];
}

/** Of the groups asked for, or holding a host that is in one of them by now. */
const isWanted = (found: InterruptedRun, hosts: readonly Host[], { run, groups }: Scope): boolean =>
  (run === undefined || found.run === run) &&
  (groups === undefined ||
    found.groupNames.some((name) => groups.includes(name)) ||
    found.held.some((hold) => isOfGroups(hold, hosts, groups)));

/** Held for one of these groups; or of a host in one of them, which is not in the group any more for which it is held. */
const isOfGroups = (
  { host: id, group }: Hold,
  hosts: readonly Host[],
  groups: readonly GroupName[] | undefined,
): boolean => {
  if (groups === undefined) return true;
  if (group === undefined) return false;
  const host = hosts.find((one) => one.id === id);
  return groups.includes(group) || (host !== undefined && hasLeft(host, group) && isIn(host, groups));
};

const isIn = (host: Host, groups: readonly GroupName[]): boolean =>
  host.groups.some((name) => groups.includes(name));

/** It had another tag when something was taken from it. */
export const hasLeft = (host: Host, group: GroupName): boolean => !host.groups.includes(group);
