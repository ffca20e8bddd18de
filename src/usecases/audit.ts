import type { PlaybookResult } from '../engine/engine.js';
import { goneOf } from '../engine/gone-hosts.js';
import type { Run } from '../engine/run.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { auditFailed } from '../errors/engine.js';
import type { Inventory } from '../inventory/inventory.js';
import { describeHost } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import { whyNotConverged } from '../plan/convergence.js';
import type { HostObservation } from '../plan/observation.js';
import type { GroupSessions } from './group-sessions.js';
import { observeGroup } from './preflight.js';
import type { World } from './world.js';

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
 * The last look: lists the group again and reads every host back. After a roll that went well, a host that is not as planned is an
 * error (Knight Capital: one of eight servers was not updated, and nobody looked). Joined and gone hosts are told.
 */
export async function audit(
  world: World,
  groups: readonly { readonly opened: GroupSessions }[],
  results: readonly PlaybookResult[],
  before: Inventory,
  run: Run,
): Promise<AuditFinding> {
  const states = new Map<HostId, HostObservation>();
  const errors: AdfError[] = [];
  const warnings = await changedFleet(world, groups, before);
  const wentWell =
    results.length === groups.length && results.every(({ stopped, named }) => !stopped && named.length === 0);
  const failed = new Set(
    results.flatMap(({ turns }) =>
      turns.filter(({ status }) => status !== 'ok').map(({ session }) => session.host.id),
    ),
  );
  for (const { opened } of groups) {
    const { observation, unobserved } = await observeGroup(opened);
    for (const host of observation.hosts) {
      states.set(host.host.id, host);
      const why = whyNotConverged(host);
      if (wentWell && why.length > 0 && !failed.has(host.host.id)) errors.push(auditFailed(host.host, why));
    }
    const gone = await goneOf(
      unobserved.map(({ session: { host } }) => host),
      run,
    );
    const lost = unobserved.filter(({ session: { host } }) => !gone.has(host.id));
    if (wentWell) errors.push(...lost.map(({ error }) => error));
  }
  for (const message of warnings) run.bus.emit({ type: 'warning', message });
  return { errors, warnings, states };
}

/** Joiners are not rolled by this run; that they are there must not go unsaid. */
async function changedFleet(
  world: World,
  groups: readonly { readonly opened: GroupSessions }[],
  before: Inventory,
): Promise<readonly string[]> {
  try {
    const now = await world.listHosts();
    return groups.flatMap(({ opened: { group } }) => {
      const had = new Set(before.group(group).map(({ id }) => id));
      const has = new Set(now.group(group).map(({ id }) => id));
      const joined = now.group(group).filter(({ id }) => !had.has(id));
      const gone = before.group(group).filter(({ id }) => !has.has(id));
      return [
        ...joined.map(
          (host) =>
            `${describeHost(host)} joined "${group}" during the run and was not rolled: deploy again.`,
        ),
        ...gone.map((host) => `${describeHost(host)} left "${group}" during the run.`),
      ];
    });
  } catch (error) {
    return [`The group could not be listed again: ${errorsOf(error)[0].message}`];
  }
}
