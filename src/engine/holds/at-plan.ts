import type { Milliseconds } from '../../model/duration.js';
import { describeHold, replacedByPlan, touchesHost, type Hold } from '../../model/hold.js';
import {
  containerHolds,
  lostPredecessors,
  runsThePlanned,
  settledBeside,
} from '../../model/holds/container.js';
import { registrationsOf } from '../../model/holds/registration.js';
import { registrationKey } from '../../model/registration.js';
import type { HostSession } from '../host-session.js';

/**
 * A host whose held containers were removed by others (`docker container prune`) has no way back. When what the run started there is
 * proven healthy it stays at the plan: its containers are settled as replaced, and that the way back is lost is said once. False when
 * nothing is lost, or it is not healthy; then it is as it was, and still held.
 */
export async function stayWithoutWayBack(session: HostSession, origin: readonly Hold[]): Promise<boolean> {
  const { containers } = session.target;
  try {
    const lost = lostPredecessors(origin, await containers.list());
    if (lost.length === 0) return false;
    const gone = lost.map(describeHold).join(', ');
    return await stayAtPlan(session, origin, `its way back is lost, since these were removed: ${gone}`);
  } catch {
    // Why it was not restored is told, and that is the reason to be told.
    return false;
  }
}

/**
 * Settles the containers of a host as replaced when what the run started in their place is proven healthy, and says `why`. What it held of
 * registrations is still to be brought back. False when it is not healthy: then nothing is changed.
 */
export function stayAtPlan(session: HostSession, origin: readonly Hold[], why: string): Promise<boolean> {
  const { run, target } = session;
  const isThere = async (): Promise<boolean> =>
    runsThePlanned(origin, await target.containers.list(), run.id);
  return settleAtPlan(session, isThere, `${why}: it keeps what the run gave it`);
}

/**
 * The floor does not let the host go back to what it had: it is needed as it is. When it is proven healthy, and every target group says so
 * too, it keeps what the interrupted run gave it, as a turn that is interrupted that late would have. False when it is not.
 */
export function stayInService(session: HostSession): Promise<boolean> {
  const { run, host } = session;
  const isThere = async (): Promise<boolean> => {
    const targets = await run.ports.traffic.healthOfAll(registrationsOf(run.holds.openOf(host.id)));
    return targets.every(({ state }) => state === 'healthy');
  };
  const message = 'it is needed in service, where it is healthy, and keeps what the run gave it';
  return settleAtPlan(session, isThere, message);
}

async function settleAtPlan(
  { run, host, eventHost, group, target: { prover } }: HostSession,
  isThere: () => Promise<boolean>,
  message: string,
): Promise<boolean> {
  try {
    if (!(await isThere())) return false;
    const probe = group?.settings.health;
    if (probe === undefined) await prover.requireHealthy();
    else await prover.prove(probe);
    await run.holds.settle(replacedByPlan(run.holds.openOf(host.id)), 'replaced');
  } catch {
    // Why it was not restored is told, and that is the reason to be told.
    return false;
  }
  run.bus.emit({ type: 'warning', host: eventHost, message });
  return true;
}

/** Some of the host's containers are at the plan and stay there, and `held` would take others back. Throws why the host cannot be asked. */
export async function isHalfSettled(
  { run, target, group }: HostSession,
  held: readonly Hold[],
): Promise<boolean> {
  if (!touchesHost(held)) return false;
  return settledBeside(held, await target.containers.list(), run.id, group?.name).length > 0;
}

/** By which the clocks of the host and of this machine may differ. */
const clockMargin: Milliseconds = 60_000;

/**
 * Whether what a run started on a host has passed its bake since, as far as can be seen without the run's journal: it runs for longer than
 * that, without a restart, and it is healthy in every place of the host. Then the note of a container tells nothing more: its run has ended,
 * and could not take the note off, or it died and there is nothing to be feared from its release. False for a host that is registered
 * nowhere although its group has target groups: it was taken out. Throws what keeps the host from being asked.
 */
export async function hasBaked({ target }: HostSession, held: readonly Hold[]): Promise<boolean> {
  const { run, group, traffic } = target;
  const names = new Set<string>(containerHolds(held).map(({ name }) => name));
  if (group === undefined || names.size === 0) return false;
  const containers = await target.containers.list();
  if (!runsThePlanned(held, containers, run.id)) return false;
  const latest = run.ports.clock.now() - group.settings.rollout.bake - clockMargin;
  const isOld = containers
    .filter(({ name }) => names.has(name))
    .every(({ restartCount, startedAt = Infinity }) => restartCount === 0 && startedAt <= latest);
  if (!isOld) return false;
  const choice = group.settings.targetGroups;
  const targets = await traffic.registrations(await traffic.groups(choice));
  const serving = new Set(
    targets
      .filter(({ state }) => state === 'healthy')
      .map(({ registration }) => registrationKey(registration)),
  );
  const isHeldHealthy = registrationsOf(held).every((one) => serving.has(registrationKey(one)));
  const isInService = choice.kind === 'none' || targets.length > 0;
  return isInService && serving.size === targets.length && isHeldHealthy;
}
