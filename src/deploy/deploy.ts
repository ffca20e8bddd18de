import { isStopping, type PlaybookResult, type Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import { changedSincePlan, refusedByOperator } from '../errors/preflight.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import type { RunResult } from '../model/run-result.js';
import { reportOf } from '../plan/plan-report.js';
import type { Playbook } from '../playbook/playbook.js';
import { findInterrupted, recoverFirst } from '../recovery/recover-first.js';
import { recordEnd } from '../run/endings.js';
import { withLeases } from '../run/leases.js';
import { phase } from '../run/phase.js';
import { withRun, type WholeRunChoices } from '../run/with-run.js';
import type { RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';
import { audit, nothingFound, type AuditFinding } from './audit.js';
import { confirmReleases } from './confirm-release.js';
import { deployResult } from './deploy-result.js';
import { nobodyJoined, rollJoiners, type JoinedHosts, type RolledFleet } from './joiners.js';
import {
  planGroups,
  readProject,
  type DeployOptions,
  type PreparedGroup,
  type Project,
} from './plan-groups.js';
import { beginReleases, recordReleaseEnds } from './record-release.js';
import { recordStart } from './record-start.js';
import { rollGroup, settleTargets } from './roll-group.js';
import { allRestored, suspendOrEnd, whileScalingIsSuspended } from './scaling.js';
import { verifyUnderLease } from './verify.js';

/** Rolls a release over one or more groups, one after the other. Throws what is refused before any change. */
export const deploy = (options: DeployOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => deployWith(world, options, hooks));

/**
 * The story of a deploy, in any world: what the files say; what an interrupted run left is put right; the groups are looked at and planned; a
 * person says yes; the leases are taken; the groups are rolled.
 */
export const deployWith = (world: World, options: DeployOptions, hooks: RunHooks): Promise<RunResult> =>
  withRun(world, options, hooks, choicesOf(options), async (run) => {
    const project = await readProject(world, options, run);
    await recoverFirst(world, options, hooks, run, project.inventory);
    const planned = await planGroups(project, options, run);
    options.afterPlan?.(planned);
    await confirm(planned, hooks, run);
    if (run.checkMode) return roll({ ...project, groups: planned, options, leases: undefined }, world, run);
    return withLeases(planned, run, world, options.lockWait ?? 0, async (leases) => {
      const groups = await verifyUnderLease(planned, options, hooks, run, world);
      await refuseInterrupted(world, options, run, project.inventory);
      await recordStart(groups, options, run, world, leases.epochs);
      run.blips.changesBegin();
      return roll({ ...project, groups, options, leases }, world, run);
    });
  });

const choicesOf = ({
  check,
  verb = 'deploy',
  tags,
  skipTags = [],
  undrains,
}: DeployOptions): WholeRunChoices => ({
  verb: check ? 'check' : verb,
  checkMode: check,
  tags: { only: tags, skip: skipTags },
  journaled: !check,
  notified: !check,
  ...defined({ undrains }),
});

/** Group after group, then the hosts that joined meanwhile, then the last look; and how it all ended. */
async function roll(fleet: Fleet, world: World, run: Run): Promise<RunResult> {
  const { groups, playbook, inventory } = fleet;
  await Promise.all(groups.map(settleTargets));
  const releases =
    run.checkMode || isStopping(run) ? [] : await beginReleases(groups, fleet.options, run, world);
  const { results, scaling: suspended } = await whileScalingIsSuspended(
    groups,
    run,
    () => rollAll(groups, playbook, inventory),
    suspendOrEnd,
  );
  const rolled: RolledFleet = { ...fleet, before: inventory, results };
  const joined = run.checkMode || isStopping(run) ? nobodyJoined : await rollJoiners(rolled, world, run);
  const scaling = allRestored([suspended, ...joined.rolls.map((one) => one.scaling)]);
  const findings = await lookAgain(rolled, joined, run);
  const result = deployResult({ run, groups, results, scaling, joined, findings });
  const opened = groups.map((group) => group.opened);
  if (result.exit === 0 && !run.checkMode)
    await confirmReleases(opened, findings.states, world.confirmations, run);
  await recordReleaseEnds(releases, result, findings, run);
  await recordEnd(result, run);
  run.bus.emit({ type: 'run.ended', result });
  return result;
}

/** All that a roll goes by. */
type Fleet = Project & Omit<RolledFleet, 'before' | 'results'> & { readonly options: DeployOptions };

async function confirm(groups: readonly PreparedGroup[], hooks: RunHooks, run: Run): Promise<void> {
  const plans = groups.map(({ plan }) => reportOf(plan));
  const hasWork = plans.some(({ hosts }) => hosts.some(({ action }) => action === 'roll'));
  if (!hasWork || run.checkMode || hooks.confirm === undefined) return;
  if (!(await hooks.confirm(plans))) throw refusedByOperator();
}

/** A run that came and died since is recovered by the next deploy, which plans anew. */
async function refuseInterrupted(
  world: World,
  options: DeployOptions,
  run: Run,
  inventory: Inventory,
): Promise<void> {
  const [found] = await findInterrupted(world, options, run, inventory);
  if (found !== undefined) throw changedSincePlan(`run ${found.run} began and was interrupted`);
}

/** Group after group, until one stops. */
async function rollAll(
  groups: readonly PreparedGroup[],
  playbook: Playbook,
  inventory: Inventory,
): Promise<readonly PlaybookResult[]> {
  const results: PlaybookResult[] = [];
  for (const group of groups) {
    if (results.some(({ stopped }) => stopped)) break;
    results.push(await rollGroup(group, playbook, inventory));
  }
  return results;
}

/**
 * The audit. There is none after a signal: its sender waits for seconds only, and what was restored was read back already. When the audit
 * itself fails, what the run did is told all the same.
 */
async function lookAgain(fleet: RolledFleet, joined: JoinedHosts, run: Run): Promise<AuditFinding> {
  if (run.checkMode || isStopping(run)) return nothingFound;
  try {
    return await phase(run, 'audit', () => audit(fleet, joined, run));
  } catch (error) {
    return isStopping(run) ? nothingFound : { ...nothingFound, errors: errorsOf(error) };
  }
}
