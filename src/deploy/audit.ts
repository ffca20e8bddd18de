import { goneOf, isWellAgain, type PlaybookResult, type Run } from '../engine/index.js';
import type { AdfError } from '../errors/adf-error.js';
import { auditFailed } from '../errors/engine.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost, type Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import { whyNotConverged } from '../plan/convergence.js';
import type { HostObservation } from '../plan/observation.js';
import type { JoinedHosts, RolledFleet } from './joiners.js';
import type { PreparedGroup } from './plan-groups.js';
import type { GroupSessions } from '../run/group-sessions.js';
import { observeGroup, observeHost } from '../check/preflight.js';

/** What the last look at the fleet found. */
export interface AuditFinding {
  readonly errors: readonly AdfError[];
  readonly warnings: readonly string[];
  /** How each host that could be asked was at the end. */
  readonly states: ReadonlyMap<HostId, HostObservation>;
}

/** Of a dry run: nothing was changed, so nothing is looked at again. */
export const nothingFound: AuditFinding = { errors: [], warnings: [], states: new Map() };

/**
 * The last look: reads every host back, joined ones too. After a roll that went well, a host that is not as planned is an error (Knight
 * Capital: one of eight servers was not updated, and nobody looked). Hosts that went are told.
 */
export async function audit(
  { groups, results, before }: RolledFleet,
  { rolls, listed }: JoinedHosts,
  run: Run,
): Promise<AuditFinding> {
  const states = new Map<HostId, HostObservation>();
  const errors: AdfError[] = [];
  const all = [...results, ...rolls.map(({ result }) => result)];
  const wentWell = results.length === groups.length && results.every(endedWell);
  const failed = new Set(
    all.flatMap(({ turns }) =>
      turns.filter(({ status }) => status !== 'ok').map(({ session }) => session.host.id),
    ),
  );
  const untouched = new Set(rolls.flatMap(({ result }) => [...result.untouched]));
  for (const { opened } of [...groups, ...rolls.map(({ group }) => group)]) {
    const lost = (host: Host): Milliseconds => run.blips.timeLost({ host });
    const lostBefore = new Map(opened.sessions.map(({ host }) => [host.id, lost(host)]));
    const { observation, unobserved } = await observeGroup(opened);
    const isClear = (seen: HostObservation): boolean =>
      whyNotConverged(seen).length === 0 && lost(seen.host) === lostBefore.get(seen.host.id);
    // All of them wait at the same time.
    const hosts = await Promise.all(
      observation.hosts.map(async (seen) => (isClear(seen) || !wentWell ? seen : seenWell(seen, opened))),
    );
    for (const host of hosts) {
      states.set(host.host.id, host);
      const why = whyNotConverged(host);
      const isTold = failed.has(host.host.id) || untouched.has(host.host.id);
      if (wentWell && why.length > 0 && !isTold) errors.push(auditFailed(host.host, why));
    }
    const gone = await goneOf(
      unobserved.map(({ session: { host } }) => host),
      run,
    );
    const unseen = unobserved.filter(({ session: { host } }) => !gone.has(host.id) && !failed.has(host.id));
    if (wentWell) errors.push(...unseen.map(({ error }) => error));
  }
  const warnings = listed === undefined ? [] : await goneHosts(groups, all, before, listed, run);
  for (const message of warnings) run.bus.emit({ type: 'warning', message });
  return { errors, warnings, states };
}

/** A host that was disturbed, whose Engine was restarted, or which its balancer alone finds unhealthy, is looked at again once it is well. */
async function seenWell(seen: HostObservation, opened: GroupSessions): Promise<HostObservation> {
  const { sessions, run } = opened;
  const session = sessions.find(({ host }) => host.id === seen.host.id);
  if (session === undefined) return seen;
  try {
    return (await isWellAgain(session, run.stop.signal)) ? await observeHost(session, opened) : seen;
  } catch {
    // What was seen first is told.
    return seen;
  }
}

const endedWell = ({ stopped, named }: PlaybookResult): boolean => !stopped && named.length === 0;

/** Hosts that went while they were rolled; those that the run lost in their turn are told with what they held. */
async function goneHosts(
  groups: readonly PreparedGroup[],
  results: readonly PlaybookResult[],
  before: Inventory,
  listed: Inventory,
  run: Run,
): Promise<readonly string[]> {
  const told = new Set(results.flatMap(({ gone }) => gone.map(({ session }) => session.host.id)));
  const left = groups.flatMap(({ opened: { group } }) => {
    const has = new Set(listed.group(group).map(({ id }) => id));
    return before
      .group(group)
      .filter(({ id }) => !has.has(id) && !told.has(id))
      .map((host) => ({ group, host }));
  });
  const gone = await goneOf(
    left.map(({ host }) => host),
    run,
  );
  return left.map(({ group, host }) => {
    const why = gone.has(host.id)
      ? 'it was terminated or stopped'
      : 'it is not listed with this group any more, but runs';
    return `${describeHost(host)} left "${group}" during the run: ${why}.`;
  });
}
