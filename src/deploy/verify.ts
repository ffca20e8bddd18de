import type { Run } from '../engine/index.js';
import { drainedMeanwhile } from '../errors/drain.js';
import { changedSincePlan } from '../errors/preflight.js';
import { describeHost, type Host } from '../model/host.js';
import { registrationKey, targetGroupNameOf } from '../model/registration.js';
import { isRegistered } from '../plan/floor.js';
import { reportOf } from '../plan/plan-report.js';
import type { HostObservation } from '../plan/observation.js';
import { refuseOlderRun, tellOlderRun } from '../check/newer-release.js';
import { observeGroup, refuseUnfit, type ObservedGroup } from '../check/preflight.js';
import { drainedAmong, endOutdated } from '../run/drained.js';
import type { RunHooks } from '../world/context.js';
import type { World } from '../world/world.js';
import { withConfirmed } from './confirm-release.js';
import { planGroup, type DeployOptions, type PreparedGroup } from './plan-groups.js';

/**
 * Between the plan and the lease the hosts may have changed. Other containers make a new plan, unless a person saw the old one or it is a
 * rollback, whose release was chosen by what ran then. All else must still be as it was planned.
 */
export async function verifyUnderLease(
  groups: readonly PreparedGroup[],
  options: DeployOptions,
  hooks: RunHooks,
  run: Run,
  { confirmations }: World,
): Promise<readonly PreparedGroup[]> {
  for (const group of groups) await refuseOtherDrained(group, run);
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

/**
 * A host that was left out since it is drained may be in service by now, with the release that it had; a record that is outdated is put
 * right.
 */
async function refuseOtherDrained({ opened, keptOut }: PreparedGroup, run: Run): Promise<void> {
  const { sessions } = opened;
  const asked = run.undrains === true ? sessions : [...sessions, ...keptOut.map(({ session }) => session)];
  const now = await drainedAmong(asked, opened, run);
  const before = new Set(keptOut.map(({ session }) => session));
  const after = new Set(now.keptOut.map(({ session }) => session));
  const changed = asked.find((session) => before.has(session) !== after.has(session));
  if (changed !== undefined) throw changedSincePlan(drainedMeanwhile(changed.host, after.has(changed)));
  await endOutdated(now.outdated, opened, run);
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
  bus.emit({ type: 'plan.made', plan: reportOf(planned.plan) });
  return planned;
}

function refuseLostRegistration(before: ObservedGroup, again: ObservedGroup): void {
  for (const [then, now] of sameHosts(before, again)) {
    const lost = lostRegistration(then, now);
    if (lost !== undefined)
      throw changedSincePlan(`${describeHost(then.host)} was deregistered from ${lost} since the plan`);
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
