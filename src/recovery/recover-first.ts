import type { Run } from '../engine/index.js';
import { type AdfError } from '../errors/adf-error.js';
import { throwAll } from '../errors/diagnostics.js';
import { enumerate } from '../errors/nearest.js';
import { notAllRestored, notRecovered, recoveryDeclined } from '../errors/recover.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Milliseconds } from '../model/duration.js';
import { defined } from '../model/defined.js';
import { describeHold } from '../model/hold.js';
import { describeHost, type Host } from '../model/host.js';
import { groupName } from '../model/ids.js';
import type { InterruptedRun } from '../plan/interrupted-run.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { lookForInterrupted, type EnginePatience } from './interrupted-runs.js';
import { takeOffLeftNotes } from './outlived-notes.js';
import { phase } from '../run/phase.js';
import { recoverAll } from './recover.js';
import { leasesOf } from './recovery-leases.js';
import type { RecoveredRun } from './recover-run.js';
import { interruptedStatus, tellInterrupted } from './tell-interrupted.js';
import type { World } from '../world/world.js';

export interface RecoverFirstOptions extends CommonOptions {
  readonly groups: readonly string[];
  readonly lockWait?: Milliseconds;
  /** Refuses instead. */
  readonly noRecover?: boolean;
  /** For what needs no Docker Engine. */
  readonly engines?: EnginePatience;
}

/**
 * Before a group is changed, what an interrupted run of it still holds is restored: an aborted build needs no person. A dry run only tells
 * of it, and a person at a terminal is asked first. Throws `recover.refused` with `noRecover`, `recover.declined`, `recover.named` when hosts need a person, `lease.held` of a run that is under way.
 */
export async function recoverFirst(
  world: World,
  options: RecoverFirstOptions,
  hooks: RunHooks,
  run: Run,
  inventory: Inventory,
): Promise<void> {
  const { bus } = run;
  const { runs, left, unread, silent } = await phase(run, 'recovery', () =>
    look(world, options, run, inventory),
  );
  // What could not be asked is refused by the preflight, or has no part in the run.
  for (const { message } of unread) bus.emit({ type: 'warning', message });
  if (silent.length > 0) bus.emit({ type: 'warning', message: enginesAreSilent(silent) });
  const recovering = { id: run.id, world, options, hooks, bus, inventory };
  if (!run.checkMode) await takeOffLeftNotes(left, recovering);
  if (runs.length === 0) return;
  if (run.checkMode || options.noRecover === true || hooks.confirmRecovery !== undefined) {
    const dead = await notUnderWay(runs, world, inventory);
    if (run.checkMode) {
      for (const found of dead) tellInterrupted(found, inventory, bus, false);
      return;
    }
    if (options.noRecover === true) {
      throwAll(dead.map((found) => notRecovered(found, found.held.map(describeHold))));
      return;
    }
    const asked = dead.map((found) => interruptedStatus(found, inventory));
    if (asked.length > 0 && (await hooks.confirmRecovery?.(asked)) === false)
      throwAll(dead.map((found) => recoveryDeclined(found, found.held.map(describeHold))));
  }
  const recovered = await recoverAll(runs, recovering);
  run.stop.signal.throwIfAborted();
  throwAll(recovered.flatMap((one) => stillHeld(one, inventory)));
}

/** Between that look and the lease of the group another run may have come and been interrupted: what it holds is to be restored first. */
export async function findInterrupted(
  world: World,
  options: RecoverFirstOptions,
  run: Run,
  inventory: Inventory,
): Promise<readonly InterruptedRun[]> {
  const listed = new Set(inventory.hosts.map(({ id }) => id));
  const { runs } = await look(world, options, run, inventory);
  return runs.filter(({ held, inCloud }) => inCloud.length > 0 || held.some(({ host }) => listed.has(host)));
}

const enginesAreSilent = (hosts: readonly Host[]): string =>
  `The Docker Engine of ${enumerate(hosts.map(describeHost))} does not answer. What an interrupted run may hold there is not known; nothing here needs Docker, so it is not waited for.`;

const look = (
  world: World,
  { groups, engines }: RecoverFirstOptions,
  { forks, blips }: Run,
  inventory: Inventory,
) =>
  lookForInterrupted(world, inventory, {
    groups: groups.map(groupName),
    forks,
    blips,
    ...defined({ engines }),
  });

/** Those whose lease does not live, or whose process is known to have ended; what is under way holds what it holds. */
export async function notUnderWay(
  runs: readonly InterruptedRun[],
  world: Pick<World, 'leases' | 'processes'>,
  inventory: Inventory,
): Promise<readonly InterruptedRun[]> {
  const underWay = await Promise.all(runs.map((run) => isUnderWay(run, world, inventory)));
  return runs.filter((_, index) => underWay[index] !== true);
}

/** A run that cannot be asked about is taken for dead; that changes nothing. */
async function isUnderWay(
  found: InterruptedRun,
  { leases, processes }: Pick<World, 'leases' | 'processes'>,
  inventory: Inventory,
): Promise<boolean> {
  const { process, run, environment } = found;
  if (process !== undefined && processes.hasEnded(process) === true) return false;
  const looks = await Promise.allSettled(
    leasesOf(found, inventory).map(({ opened }) => leases.look({ environment, ...opened })),
  );
  return looks.some((one) => one.status === 'fulfilled' && one.value.holder?.run === run);
}

/** A host that the inventory does not list does not stop the deploy, though a person should look at it. */
function stillHeld({ run, hosts, inCloud }: RecoveredRun, inventory: Inventory): readonly AdfError[] {
  const listed = new Set(inventory.hosts.map(({ id }) => id));
  const held = hosts.filter((host) => host.held.length > 0 && listed.has(host.host));
  const names = held.map(({ name }) => name);
  return [
    ...(names.length === 0 ? [] : [notAllRestored(run, names)]),
    ...held.flatMap(({ error }) => error ?? []),
    ...inCloud.errors,
  ];
}
