import {
  afterGrace,
  type CloudRestored,
  type HeldScaling,
  type PlaybookResult,
  restoreCloudHolds,
  type Run,
  type ScalingOf,
  scalingOf,
  suspendScaling,
} from '../engine/index.js';
import { AdfError, errorsOf } from '../errors/adf-error.js';
import { describeScalingGroup, scalingDenied } from '../errors/scaling.js';
import type { Host } from '../model/host.js';
import type { Plan, ScalingGroupPlan } from '../model/plan.js';
import { processesToSuspend, replacesDrained, suspensionKey } from '../plan/scaling.js';
import { endingOf } from '../run/endings.js';
import type { GroupSessions } from '../run/group-sessions.js';

/** A group whose roll is planned. */
interface Planned {
  readonly opened: GroupSessions;
  readonly plan: Plan;
}

/**
 * The plan, with the Auto Scaling groups that would replace what it drains. Asks AWS only about hosts that are to be rolled, and in one.
 * Throws `scaling.access_denied` and `aws.*` where they are to be suspended.
 */
export async function withScaling(plan: Plan, opened: GroupSessions): Promise<Plan> {
  const { asg } = plan.rollout;
  const found: ScalingGroupPlan[] = [];
  for (const of of scalingOfRoll({ opened, plan })) {
    try {
      found.push(...(await look(of, opened.run)));
    } catch (error) {
      if (asg === 'ignore') continue;
      throw error instanceof AdfError && error.code === 'aws.access_denied'
        ? scalingDenied(of, error)
        : error;
    }
  }
  if (found.length === 0) return plan;
  if (asg === 'suspend') return { ...plan, scaling: found };
  const ignored = found.map(
    (one) =>
      `The ${describeScalingGroup(one)} goes by its load balancers, and may replace a host that is drained: rollout.asg is ignore.`,
  );
  return { ...plan, warnings: [...plan.warnings, ...ignored] };
}

async function look(of: ScalingOf, run: Run): Promise<readonly ScalingGroupPlan[]> {
  const { scaling } = run.ports;
  if (scaling === undefined) return [];
  const { name, region, group } = of;
  const found = await run.blips.cloud.outlast(() => scaling.describe(region, [name]));
  const key = suspensionKey(run.environment, group);
  return found
    .filter((one) => one.name === name && replacesDrained(one))
    .map((one) => ({ name, region, suspends: processesToSuspend(one, key) }));
}

/**
 * Rolls with the Auto Scaling groups of the hosts kept from replacing them, from before the first host leaves service until nothing is held
 * of any: what a host that has to be named is in stays suspended, and is told. Throws what `suspendScaling` does, before any host is changed.
 */
export async function whileScalingIsSuspended(
  groups: readonly Planned[],
  run: Run,
  roll: () => Promise<readonly PlaybookResult[]>,
  suspend: typeof suspendScaling = suspendScaling,
): Promise<{ readonly results: readonly PlaybookResult[]; readonly scaling: CloudRestored }> {
  if (run.checkMode) return { results: await roll(), scaling: { left: [], errors: [], warnings: [] } };
  const held = await suspend(
    groups.flatMap((group) => (group.plan.rollout.asg === 'ignore' ? [] : scalingOfRoll(group))),
    run,
  );
  const forgetGrace = afterGrace(run, () => {
    for (const { hold } of held) {
      const message = `The ${describeScalingGroup(hold)} is still suspended: ${hold.processes.join(', ')}; restoring goes on.`;
      run.bus.emit({ type: 'warning', message });
    }
  });
  try {
    const results = await roll();
    return { results, scaling: await restoreCloudHolds(run, held, stillOut(groups, results)) };
  } catch (error) {
    const { errors, warnings } = await restoreCloudHolds(run, held, stillOut(groups, []));
    for (const message of [...errors.map((one) => one.message), ...warnings])
      run.bus.emit({ type: 'warning', message });
    throw error;
  } finally {
    forgetGrace();
  }
}

/** A run that is refused here has begun in its journal, and ends there: it needs no recovery. */
export async function suspendOrEnd(groups: readonly ScalingOf[], run: Run): Promise<readonly HeldScaling[]> {
  try {
    return await suspendScaling(groups, run);
  } catch (error) {
    const { journal, clock } = run.ports;
    const needsPerson = errorsOf(error)[0].class === 'needs_person';
    const [, exit] = endingOf(run, needsPerson, [], ['refused', 3]);
    // That it cannot be written is not what the person has to know first.
    await journal.append({ at: clock.now(), type: 'run.ended', exit }).catch(() => undefined);
    throw error;
  }
}

/** What came of all of them. */
export const allRestored = (all: readonly CloudRestored[]): CloudRestored => ({
  left: all.flatMap(({ left }) => left),
  errors: all.flatMap(({ errors }) => errors),
  warnings: all.flatMap(({ warnings }) => warnings),
});

function scalingOfRoll({ opened, plan }: Planned): readonly ScalingOf[] {
  const rolled = new Set(plan.batches.flat());
  const hosts = opened.sessions.map(({ host }) => host).filter(({ id }) => rolled.has(id));
  return scalingOf(opened.group, hosts);
}

/** Hosts that are named, and those that are held still. */
function stillOut(groups: readonly Planned[], results: readonly PlaybookResult[]): readonly Host[] {
  const named = results
    .flatMap((result) => result.named)
    .filter(({ held }) => held.length > 0)
    .map(({ session }) => session.host);
  const open = groups.flatMap(({ opened }) => opened.run.holds.hostsWithOpenHolds());
  return [...new Set([...named, ...open])];
}
