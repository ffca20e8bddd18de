import type { HostSession, Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import type { HostId } from '../model/ids.js';
import { whyNotConverged } from '../plan/convergence.js';
import { confirmedContainers } from '../plan/newer-release.js';
import type { GroupObservation, HostObservation } from '../plan/observation.js';
import type { Confirmations } from '../ports/host-holds.js';
import type { GroupSessions } from '../run/group-sessions.js';

/**
 * Leaves a mark on each host that the run found as it wanted it and did not roll: what runs there is of this run's release too, so that an
 * older build which gets the lease later is refused. What a run rolled tells that by its labels. A mark that cannot be left is a warning.
 */
export async function confirmReleases(
  groups: readonly GroupSessions[],
  states: ReadonlyMap<HostId, HostObservation>,
  confirmations: Confirmations | undefined,
  run: Run,
): Promise<void> {
  if (confirmations === undefined || run.gate.closedBy !== undefined) return;
  const sessions = groups.flatMap((group) => group.sessions.map((session) => ({ group, session })));
  await Promise.all(
    sessions.map(async ({ group, session }) => {
      const seen = states.get(session.host.id);
      if (seen !== undefined) await confirmOne(group, session, seen, confirmations, run);
    }),
  );
}

async function confirmOne(
  { group }: GroupSessions,
  { host, eventHost, known: { startedAt } }: HostSession,
  seen: HostObservation,
  confirmations: Confirmations,
  run: Run,
): Promise<void> {
  const { environment, owner, begun, ports } = run;
  const containers = confirmedContainers(seen, { environment, group }, run.id);
  if (startedAt === undefined || containers.length === 0 || whyNotConverged(seen).length > 0) return;
  const of = { environment, group };
  const at = startedAt - begun + ports.clock.elapsed();
  const confirmed = { run: run.id, by: owner.who, startedAt, at, containers };
  try {
    const known = await confirmations.read(host, of);
    const isNewer = known !== undefined && known.startedAt > startedAt;
    if (isNewer && containers.every((id) => known.containers.includes(id))) return;
    await confirmations.write(host, of, confirmed);
  } catch (error) {
    const message = `that it has the release of this run could not be noted there: ${errorsOf(error)[0].message}`;
    run.bus.emit({ type: 'warning', host: eventHost, message });
  }
}

/** With what later runs have confirmed on the hosts that this run would roll. Throws what keeps a host from being asked. */
export async function withConfirmed(
  observation: GroupObservation,
  { sessions }: GroupSessions,
  confirmations: Confirmations | undefined,
): Promise<GroupObservation> {
  if (confirmations === undefined) return observation;
  const hosts = await Promise.all(
    observation.hosts.map(async (seen) => {
      const session = sessions.find(({ host }) => host.id === seen.host.id);
      const runs = seen.containers.some(({ running }) => running);
      if (session === undefined || !runs || whyNotConverged(seen).length === 0) return seen;
      const confirmed = await session.target.outlast(() => confirmations.read(seen.host, observation));
      return confirmed === undefined ? seen : { ...seen, confirmed };
    }),
  );
  return { ...observation, hosts };
}
