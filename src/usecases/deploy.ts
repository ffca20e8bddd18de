import { runPlaybook, type PlaybookResult } from '../engine/engine.js';
import type { HostSession } from '../engine/host-session.js';
import type { Run } from '../engine/run.js';
import { interrupted } from '../errors/engine.js';
import { changedSincePlan, refusedByOperator } from '../errors/preflight.js';
import { selectHosts } from '../inventory/patterns.js';
import type { Inventory } from '../inventory/inventory.js';
import { describeHost } from '../model/host.js';
import { formatPinnedImage } from '../model/release.js';
import type { RunResult } from '../model/run-result.js';
import type { Play, Playbook } from '../playbook/playbook.js';
import { renderPattern } from '../engine/play-hosts.js';
import { audit, nothingFound } from './audit.js';
import type { RunHooks } from './context.js';
import { leaseGroups, type HeldLeases } from './lease-groups.js';
import { newRunId, noJournal, openRun } from './open-run.js';
import { openWorld } from './open-world.js';
import { phase } from './phase.js';
import { observeGroup, refuseUnfit } from './preflight.js';
import { prepareDeploy, type DeployOptions, type PreparedGroup } from './prepare-deploy.js';
import { deployResult } from './deploy-result.js';
import type { World } from './world.js';

/** Rolls a release over one or more groups, one after the other. Throws what is refused before any change. */
export async function deploy(options: DeployOptions, hooks: RunHooks): Promise<RunResult> {
  const world = await openWorld(options);
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
  const run = openRun(world, options, hooks, id, journal, {
    checkMode: options.check,
    tags: { only: options.tags, skip: options.skipTags ?? [] },
  });
  let leases: HeldLeases | undefined;
  try {
    const { inventory, groups, playbook } = await prepareDeploy(world, options, run);
    await confirm(groups, hooks, run);

    if (!options.check) {
      leases = await phase(run, 'lease', () => leaseGroups(groups, run, world, options.lockWait ?? 0));
      await verifyNothingChanged(groups, run);
      await recordStart(groups, run, world);
    }

    const results: PlaybookResult[] = [];
    for (const group of groups) {
      if (results.some(({ stopped }) => stopped)) break;
      results.push(await roll(group, playbook, inventory, run));
    }

    // Whoever interrupts waits for seconds only: what was restored was read back already.
    const findings =
      options.check || isStopping(run)
        ? nothingFound
        : await phase(run, 'audit', () => audit(world, groups, results, inventory, run));
    const result = deployResult({ run, groups, results, findings, startedAt, begun });
    await journal.append({ at: world.clock.now(), type: 'run.ended', exit: result.exit });
    run.bus.emit({ type: 'run.ended', result });
    return result;
  } catch (error) {
    throw run.bus.redact(hooks.stop.signal.aborted ? interrupted(hooks.stop.name() ?? 'a signal') : error);
  } finally {
    await leases?.release();
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

/** Between the plan and the lease somebody may have been there: what is rolled must still be as it was planned. */
async function verifyNothingChanged(groups: readonly PreparedGroup[], run: Run): Promise<void> {
  for (const { opened, observed } of groups) {
    const again = await observeGroup(opened, run);
    refuseUnfit(again);
    for (const before of observed.observation.hosts) {
      const now = again.observation.hosts.find(({ host }) => host.id === before.host.id);
      const running = (one: typeof before | undefined): string =>
        JSON.stringify(
          one?.containers
            .filter(({ running: up }) => up)
            .map(({ id }) => id)
            .sort(),
        );
      if (running(before) !== running(now)) {
        throw changedSincePlan(`other containers run on ${describeHost(before.host)}`);
      }
    }
  }
}

async function recordStart(
  groups: readonly PreparedGroup[],
  run: Run,
  { owner, clock }: World,
): Promise<void> {
  await run.ports.journal.append({
    at: clock.now(),
    type: 'run.started',
    run: run.id,
    verb: 'deploy',
    environment: run.environment,
    groups: groups.map(({ opened }) => opened.group),
    hosts: groups.flatMap(({ opened }) => opened.sessions.map(({ host }) => host.id)),
    images: groups.map(({ opened }) => formatPinnedImage(opened.release.image)),
    owner: owner.who,
  });
}

/** Runs the playbook over the hosts of a group that are not converged, in the plan's order. */
async function roll(
  { opened, plan }: PreparedGroup,
  playbook: Playbook,
  inventory: Inventory,
  run: Run,
): Promise<PlaybookResult> {
  const order = plan.batches.flat();
  const sessions = opened.sessions
    .filter(({ host }) => order.includes(host.id))
    .toSorted((a, b) => order.indexOf(a.host.id) - order.indexOf(b.host.id));
  const [first] = sessions;
  if (first === undefined) {
    return { turns: [], rolledBack: new Set(), untouched: new Set(), named: [], errors: [], stopped: false };
  }
  const select = (play: Play): readonly HostSession[] => {
    const selected = new Set(selectHosts(inventory, renderPattern(play, first)).map(({ id }) => id));
    return sessions.filter(({ host }) => selected.has(host.id));
  };
  return runPlaybook(playbook, select, run);
}

const isStopping = ({ stop }: Run): boolean => stop.signal.aborted;
