import type { Milliseconds } from '../../model/duration.js';
import type { Hold } from '../../model/hold.js';
import { containerHolds, runsThePlanned } from '../../model/holds/container.js';
import { registrationsOf } from '../../model/holds/registration.js';
import { registrationKey } from '../../model/registration.js';
import type { HostSession } from '../host-session.js';

/** By which the clocks of the host and of this machine may differ. */
const clockMargin: Milliseconds = 60_000;

/**
 * Whether what a run started on a host has passed its bake since, as far as can be seen without the run's journal: it runs for longer than
 * that, without a restart, and it is healthy in every place of the host. Then the note of a container tells nothing more: its run has ended,
 * and could not take the note off, or it died and there is nothing to be feared from its release. False for a host that is registered
 * nowhere although its group has target groups: somebody took it out. Throws what keeps the host from being asked.
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
