import { type CloudRestored, restoreCloudHolds, type Run } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { wrongAccountToRecover } from '../errors/recover.js';
import type { EventBus } from '../events/bus.js';
import type { Inventory } from '../inventory/inventory.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import { kindOf } from '../model/hold.js';
import type { Host } from '../model/host.js';
import type { GroupName, HostId, RunId } from '../model/ids.js';
import type { LeaseEpoch, RunRecord } from '../model/run-record.js';
import { timeUntilQuiet, type InterruptedRun } from '../plan/interrupted-run.js';
import { whoCameSince } from './check-claims.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { lookForInterrupted } from './interrupted-runs.js';
import { JournalOnDemand } from './journal-on-demand.js';
import { closeRun, leaseGroups, underLeases, type HeldLeases, type LeasedGroup } from '../run/leases.js';
import { phase } from '../run/phase.js';
import { endReleases, enoughOfNewest, placesOf, readReleases } from '../run/releases.js';
import { openRun } from '../run/open-run.js';
import { knowJobs } from './late-jobs.js';
import { takeOffOutlived } from './outlived-notes.js';
import { addedBy, leasesOf } from './recovery-leases.js';
import { restoreHeld } from './recover-hosts.js';
import { putBackUnlocked } from './recover-unlocked.js';
import { tellInterrupted, tellRecovered } from './tell-interrupted.js';
import type { World } from '../world/world.js';

/** Where a run is recovered: in a process of its own, or before a deploy. */
export interface Recovering {
  /** Of the run that recovers, whose the leases are. */
  readonly id: RunId;
  readonly world: World;
  readonly options: CommonOptions & { readonly lockWait?: Milliseconds };
  readonly hooks: RunHooks;
  readonly bus: EventBus;
  readonly inventory: Inventory;
}

/** What came of an interrupted run. */
export interface RecoveredRun {
  readonly run: InterruptedRun;
  readonly hosts: readonly RecoveredHost[];
  /** Of what was held of no host. */
  readonly inCloud: CloudRestored;
}

/** What came of one host that was held. */
export interface RecoveredHost {
  readonly host: HostId;
  readonly name: string;
  readonly group?: GroupName;
  /** It matches what was held of it again, or it is gone for good. */
  readonly restored: boolean;
  /** Nothing had to be restored: it was as it had been, or what was held of it is out of date. */
  readonly untouched?: boolean;
  /** It keeps what the interrupted run gave it. */
  readonly atPlan?: boolean;
  /** What is still held of it. */
  readonly held: readonly string[];
  /** Why a person has to look at it; absent when that is not needed. */
  readonly reason?: string;
  readonly error?: AdfError;
}

/**
 * Restores what one interrupted run still holds, and ends it: under the leases of its groups, where it is looked at again; in its own
 * journal, or in one that is made when its own is on another machine. Throws `lease.held` when it lives, `lease.unavailable`,
 * `recover.wrong_account`, `journal.*`. Undefined when another process recovered it meanwhile.
 */
export async function recoverRun(
  found: InterruptedRun,
  given: Recovering,
): Promise<RecoveredRun | undefined> {
  const { world, options, hooks, bus, inventory: listed } = given;
  const leased = leasesOf(found, listed);
  const added = addedBy(found, listed);
  const recovering = added.length === 0 ? given : { ...given, inventory: await listed.with(added) };
  const journal = new JournalOnDemand(async () => {
    // One without its first record, too: the process that made it, to recover this run, was killed that early.
    const isThere = (await world.journals.runs()).includes(found.run);
    return isThere ? world.journals.reopen(found.run) : world.journals.create(found.run);
  });
  const run: Run = {
    ...openRun(world, options, hooks, found.run, journal, { verb: found.verb, bus }),
    owner: found.owner,
  };
  try {
    return await takeLeases(found, leased, run, recovering).then(
      (leases) => underLeases(leases, run, () => recoverUnder(leases, found, run, recovering)),
      (error: unknown) => recoverUnlocked(found, error, recovering),
    );
  } finally {
    await closeRun(run);
    await journal.close();
  }
}

/** In the name of the process that recovers: a lease of the run's own name would be given to its living process and to this one alike. */
async function takeLeases(
  found: InterruptedRun,
  leased: readonly LeasedGroup[],
  run: Run,
  recovering: Recovering,
): Promise<HeldLeases> {
  const { id, world } = recovering;
  const wait = await waitFor(found, leased, recovering);
  return phase(run, 'lease', () => leaseGroups(leased, { ...run, id }, world, wait));
}

/** Without the leases only registrations can be put back. Throws why they are not to be had when nothing was put back. */
async function recoverUnlocked(
  found: InterruptedRun,
  unleased: unknown,
  recovering: Recovering,
): Promise<RecoveredRun> {
  const [reason] = errorsOf(unleased);
  const hosts = reason.code === 'lease.unavailable' ? await putBackUnlocked(found, reason, recovering) : [];
  if (hosts.length === 0) throw unleased;
  return { run: found, hosts, inCloud: { left: found.inCloud, errors: [], warnings: [] } };
}

/** Looks at the run again; writes down that it is recovered, restores what it holds, and ends it. Undefined when nothing is held any more. */
async function recoverUnder(
  leases: HeldLeases,
  before: InterruptedRun,
  run: Run,
  recovering: Recovering,
): Promise<RecoveredRun | undefined> {
  const { inventory, bus } = recovering;
  const { journal, clock } = run.ports;
  run.blips.changesBegin();
  knowJobs(before, run, inventory);
  await awaitRequestsOver(before, run);
  const found = await lookAgain(before, run.forks, recovering);
  if (found === undefined) return undefined;
  refuseOtherAccount(found, inventory);
  tellInterrupted(found, inventory, bus, true);
  await writeDown(found, run, leases.epochs, recovering);
  await takeOffOutlived(found, run, recovering);
  const hosts = await restoreHeld(found, run, whoCameSince(found, leases.epochs), recovering);
  const inCloud = await restoreCloudHolds(
    run,
    found.inCloud.map((hold) => ({ run: found.run, hold })),
    stillOut(hosts, inventory),
  );
  const needsPerson = inCloud.left.length > 0 || hosts.some(({ reason }) => reason !== undefined);
  await journal.append({ at: clock.now(), type: 'run.ended', exit: needsPerson ? 5 : 4 });
  await endRecords(found, needsPerson ? 'failed' : 'recovered', run, recovering);
  const recovered = { run: found, hosts, inCloud };
  tellRecovered(recovered, bus);
  return recovered;
}

/** The releases of the run that are on record as running end with it. */
async function endRecords(
  { run, environment, groupNames }: InterruptedRun,
  outcome: 'recovered' | 'failed',
  recovering: Run,
  { world: { releases }, inventory, bus }: Recovering,
): Promise<void> {
  if (releases === undefined) return;
  for (const group of groupNames) {
    const places = placesOf(inventory.group(group), releases);
    const known = await readReleases({ environment, group }, places, enoughOfNewest, recovering);
    const open = known.releases.filter((one) => one.run === run && one.outcome === 'running');
    for (const message of await endReleases(open, outcome, places, recovering))
      bus.emit({ type: 'warning', message });
  }
}

/** A note that the run was about to keep on a host may still come there: the host is believed once that is over. */
async function awaitRequestsOver(found: InterruptedRun, run: Run): Promise<void> {
  const { ports, bus, gate } = run;
  const hosts = [...new Set(found.unknown.flatMap(({ host }) => host ?? []))];
  const quiet = Math.max(0, ...hosts.map((host) => timeUntilQuiet(host, found, ports.clock.now())));
  const tell = (what: string, atMost: string): void =>
    bus.emit({ type: 'warning', message: `${what} may still be under way: waiting ${atMost}.` });
  if (quiet > 0) tell(`something that run ${found.run} had begun`, formatDuration(quiet));
  await Promise.all([
    ports.clock.sleep(quiet),
    ...hosts.map((host) =>
      gate.requests.over(host, {
        onWait: (what, atMost) => tell(`${what} of run ${found.run}`, `${formatDuration(atMost)} at most`),
      }),
    ),
  ]);
}

/**
 * Under the leases. A host that was asked before and does not answer now is still said to be held. Without the journal nothing else tells
 * which hosts the run had: all are asked then, whatever group they are in by now.
 */
async function lookAgain(
  found: InterruptedRun,
  forks: number,
  { world, inventory }: Recovering,
): Promise<InterruptedRun | undefined> {
  const { run, journaled, groupNames } = found;
  const { runs, unasked } = await lookForInterrupted(world, inventory, {
    run,
    forks,
    hosts: new Set(found.held.map(({ host }) => host)),
    ...(journaled && groupNames.length > 0 ? { groups: groupNames } : {}),
  });
  const [now] = runs;
  const known = new Set(now?.held.map(({ id }) => id));
  const unseen = found.held.filter(({ id, host }) => unasked.has(host) && !known.has(id));
  if (unseen.length === 0) return now;
  const rest = now ?? { ...found, outlived: [], unwritten: [], inCloud: [] };
  return {
    ...rest,
    held: [...rest.held, ...unseen],
    origin: [...rest.origin, ...unseen],
    unwritten: [...rest.unwritten, ...unseen],
    noted: new Set(now?.noted),
  };
}

/** A lease that runs out is free a moment later, on a slow host's clock too. */
const moment: Milliseconds = 5_000;

/** The lease of a process that is known to have ended has no holder: until it runs out it is waited for, also without `lockWait`. */
async function waitFor(
  found: InterruptedRun,
  leased: readonly LeasedGroup[],
  recovering: Recovering,
): Promise<Milliseconds> {
  const {
    world: { processes, leases },
    options: { lockWait = 0 },
    bus,
  } = recovering;
  if (found.process === undefined || processes.hasEnded(found.process) !== true) return lockWait;
  const { environment } = found;
  const looks = await Promise.all(
    leased.map(({ opened: { group, hosts } }) => leases.look({ environment, group, hosts })),
  );
  const left = Math.max(0, ...looks.map(({ holder }) => holder?.expiresIn ?? 0));
  if (left === 0) return lockWait;
  const message = `The process of run ${found.run} has ended without letting go of its lock: waiting until that runs out, ${formatDuration(left)} at most.`;
  bus.emit({ type: 'warning', message });
  return Math.max(lockWait, left + moment);
}

function refuseOtherAccount(found: InterruptedRun, { account }: Inventory): void {
  const accounts = found.held.map((hold) => kindOf(hold).account(hold));
  const other = [...accounts, ...found.inCloud.map((hold) => hold.account)].find(
    (one) => one !== undefined && account !== undefined && one !== account,
  );
  if (other !== undefined && account !== undefined) throw wrongAccountToRecover(found, other, account);
}

/** From here on the journal tells what the hosts do, and who works on it. */
async function writeDown(
  found: InterruptedRun,
  { ports: { journal } }: Run,
  epochs: readonly LeaseEpoch[],
  { world: { clock, processes, owner: me } }: Recovering,
): Promise<void> {
  if (!found.journaled) await journal.append({ at: clock.now(), type: 'run.started', ...recordOf(found) });
  await journal.append({
    at: clock.now(),
    type: 'run.recovering',
    by: me.who,
    process: processes.self,
    epochs,
  });
  for (const hold of found.unwritten) await journal.append({ at: clock.now(), type: 'hold.opened', hold });
}

function stillOut(hosts: readonly RecoveredHost[], inventory: Inventory): readonly Host[] {
  const out = new Set(hosts.filter(({ held }) => held.length > 0).map(({ host }) => host));
  return inventory.hosts.filter(({ id }) => out.has(id));
}

/** What hosts tell of a run whose journal is elsewhere. Its process is on another machine; what it planned is not known. */
const recordOf = ({ run, verb, environment, owner, groups, held }: InterruptedRun): RunRecord => ({
  run,
  verb,
  environment,
  owner,
  groups,
  hosts: [...new Set(held.map(({ host }) => host))],
  process: { machine: 'unknown', pid: 0, started: 'unknown' },
  plan: '',
  asked: {},
});
