import { isStopping, type PlaybookResult, type Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import { interrupted } from '../errors/engine.js';
import { changedSincePlan, refusedByOperator } from '../errors/preflight.js';
import type { Inventory } from '../inventory/inventory.js';
import { describeHost, type Host } from '../model/host.js';
import { registrationKey, targetGroupNameOf } from '../model/registration.js';
import type { RunResult } from '../model/run-result.js';
import { isRegistered } from '../plan/floor.js';
import type { HostObservation } from '../plan/observation.js';
import type { Playbook } from '../playbook/playbook.js';
import { audit, nothingFound, type AuditFinding } from './audit.js';
import { confirmReleases, withConfirmed } from './confirm-release.js';
import type { RunHooks } from '../world/context.js';
import { nobodyJoined, rollJoiners, type JoinedHosts, type RolledFleet } from './joiners.js';
import { leaseGroups, type HeldLeases } from '../run/lease-groups.js';
import { letGo } from '../run/let-go.js';
import { findInterrupted } from '../recovery/recover-first.js';
import { recordStart } from './record-start.js';
import { newRunId, noJournal, openRun } from '../run/open-run.js';
import { openWorld } from '../world/open-world.js';
import { refuseOlderRun, tellOlderRun } from '../check/newer-release.js';
import { phase } from '../run/phase.js';
import { observeGroup, refuseUnfit, type ObservedGroup } from '../check/preflight.js';
import { planGroup, prepareDeploy, type DeployOptions, type PreparedGroup } from './prepare-deploy.js';
import { deployResult } from './deploy-result.js';
import { rollGroup } from './roll-group.js';
import { allRestored, suspendOrEnd, whileScalingIsSuspended } from './scaling.js';
import type { World } from '../world/world.js';

/** Rolls a release over one or more groups, one after the other. Throws what is refused before any change. */
export async function deploy(options: DeployOptions, hooks: RunHooks): Promise<RunResult> {
  const world = await openWorld(options, hooks);
  try {
    return await deployWith(world, options, hooks);
  } finally {
    await world.close();
  }
}

/** The story of a deploy, in any world. */
export async function deployWith(world: World, options: DeployOptions, hooks: RunHooks): Promise<RunResult> {
  const id = newRunId(world.clock, world.random);
  const journal = options.check ? noJournal : await world.journals.create(id);
  const startedAt = world.clock.now();
  const begun = world.clock.elapsed();
  const verb = options.check ? 'check' : (options.verb ?? 'deploy');
  const run = openRun(world, options, hooks, id, journal, {
    verb,
    checkMode: options.check,
    tags: { only: options.tags, skip: options.skipTags ?? [] },
  });
  let leases: HeldLeases | undefined;
  try {
    const prepared = await prepareDeploy(world, options, hooks, run, verb);
    const { inventory, playbook } = prepared;
    let { groups } = prepared;
    await confirm(groups, hooks, run);

    if (!options.check) {
      leases = await phase(run, 'lease', () => leaseGroups(groups, run, world, options.lockWait ?? 0));
      groups = await verifyUnderLease(groups, options, hooks, run, world);
      await refuseInterrupted(world, options, run, inventory);
      await recordStart(groups, options, run, world, leases.epochs);
      run.blips.changesBegin();
    }

    const { results, scaling: suspended } = await whileScalingIsSuspended(
      groups,
      run,
      () => rollAll(groups, playbook, inventory),
      suspendOrEnd,
    );
    const fleet: RolledFleet = { groups, results, playbook, before: inventory, options, leases };
    const joined = run.checkMode || isStopping(run) ? nobodyJoined : await rollJoiners(fleet, world, run);
    const scaling = allRestored([suspended, ...joined.rolls.map((roll) => roll.scaling)]);
    const findings = await lookAgain(fleet, joined, run);
    const result = deployResult({ run, groups, results, scaling, joined, findings, startedAt, begun });
    const opened = groups.map((group) => group.opened);
    if (result.exit === 0 && !run.checkMode)
      await confirmReleases(opened, findings.states, world.confirmations, run);
    await recordEnd(result, run);
    run.bus.emit({ type: 'run.ended', result });
    return result;
  } catch (error) {
    throw run.bus.redact(hooks.stop.signal.aborted ? interrupted(hooks.stop.name() ?? 'a signal') : error);
  } finally {
    await letGo(run, leases);
    await journal.close();
    await run.bus.close();
  }
}

async function confirm(groups: readonly PreparedGroup[], hooks: RunHooks, run: Run): Promise<void> {
  const plans = groups.map(({ plan }) => plan);
  const hasWork = plans.some(({ hosts }) => hosts.some(({ action }) => action === 'roll'));
  if (!hasWork || run.checkMode || hooks.confirm === undefined) return;
  if (!(await hooks.confirm(plans))) throw refusedByOperator();
}

/**
 * Between the plan and the lease somebody may have been there. Other containers make a new plan, unless a person saw the old one or it is a
 * rollback, whose release was chosen by what ran then. All else must still be as it was planned.
 */
async function verifyUnderLease(
  groups: readonly PreparedGroup[],
  options: DeployOptions,
  hooks: RunHooks,
  run: Run,
  { confirmations }: World,
): Promise<readonly PreparedGroup[]> {
  const looked = await Promise.all(
    groups.map(async (group) => ({ group, again: await observeGroup(group.opened) })),
  );
  for (const { group, again } of looked) {
    refuseLostRegistration(group.observed, again);
    refuseUnfit(again);
  }
  const observations = await Promise.all(
    looked.map(({ group, again }) => withConfirmed(again.observation, group.opened, confirmations)),
  );
  refuseOlderRun(options, observations, run);
  tellOlderRun(options, observations, run);
  const mayPlanAgain = hooks.confirm === undefined && run.verb !== 'rollback';
  const verified: PreparedGroup[] = [];
  for (const { group, again } of looked) {
    const [changed, ...others] = withOtherContainers(group.observed, again);
    if (changed === undefined) verified.push(group);
    else if (!mayPlanAgain) throw changedSincePlan(`other containers run on ${describeHost(changed)}`);
    else verified.push(await planAgain({ ...group, observed: again }, [changed, ...others], options, run));
  }
  return verified;
}

async function planAgain(
  group: PreparedGroup,
  changed: readonly Host[],
  options: DeployOptions,
  { bus }: Run,
): Promise<PreparedGroup> {
  const message = `Since the plan was made, other containers run on ${changed.map(describeHost).join(', ')}: "${group.opened.group}" is planned again.`;
  bus.emit({ type: 'warning', message });
  const planned = await planGroup(group, options);
  bus.emit({ type: 'plan.made', plan: planned.plan });
  return planned;
}

function refuseLostRegistration(before: ObservedGroup, again: ObservedGroup): void {
  for (const [then, now] of sameHosts(before, again)) {
    const lost = lostRegistration(then, now);
    if (lost !== undefined)
      throw changedSincePlan(`somebody deregistered ${describeHost(then.host)} from ${lost}`);
  }
}

const withOtherContainers = (before: ObservedGroup, again: ObservedGroup): readonly Host[] =>
  sameHosts(before, again)
    .filter(([then, now]) => runningOn(then) !== runningOn(now))
    .map(([{ host }]) => host);

const runningOn = ({ containers }: HostObservation): string =>
  JSON.stringify(
    containers
      .filter(({ running }) => running)
      .map(({ id }) => id)
      .sort(),
  );

/** Each host as it was, and as it is; one that could not be looked at again is refused for that. */
const sameHosts = (
  before: ObservedGroup,
  again: ObservedGroup,
): readonly (readonly [HostObservation, HostObservation])[] =>
  before.observation.hosts.flatMap((then) => {
    const now = again.observation.hosts.find(({ host }) => host.id === then.host.id);
    return now === undefined ? [] : [[then, now] as const];
  });

/** A place that a host had when the plan was made and has no more: `api-http:5060`. */
function lostRegistration(before: HostObservation, now: HostObservation): string | undefined {
  const left = new Set(
    now.registrations.filter(isRegistered).map(({ registration }) => registrationKey(registration)),
  );
  const lost = before.registrations.find(
    (target) => isRegistered(target) && !left.has(registrationKey(target.registration)),
  );
  return lost === undefined ? undefined : `${targetGroupNameOf(lost.registration)}:${lost.registration.port}`;
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
 * The audit. Whoever interrupts waits for seconds only, and what was restored was read back already; and when the audit itself
 * fails, what the run did must still be told.
 */
async function lookAgain(fleet: RolledFleet, joined: JoinedHosts, run: Run): Promise<AuditFinding> {
  if (run.checkMode || isStopping(run)) return nothingFound;
  try {
    return await phase(run, 'audit', () => audit(fleet, joined, run));
  } catch (error) {
    return isStopping(run) ? nothingFound : { ...nothingFound, errors: errorsOf(error) };
  }
}

/** A result that cannot be recorded is a result all the same. */
async function recordEnd({ exit }: RunResult, run: Run): Promise<void> {
  const { journal, clock } = run.ports;
  const { over: blips } = run.blips;
  const noticed = blips.length === 0 ? {} : { environment: run.environment, blips };
  try {
    await journal.append({ at: clock.now(), type: 'run.ended', exit, ...noticed });
  } catch (error) {
    run.bus.emit({ type: 'warning', message: errorsOf(error)[0].message });
  }
}
