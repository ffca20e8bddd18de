import { AdfError } from '../errors/adf-error.js';
import type { Run } from '../engine/index.js';
import type { GroupName } from '../model/ids.js';
import { describeMaintenance, maintenanceIn, rulesOf, type Maintenance } from '../model/maintenance.js';
import type { TargetGroup } from '../model/registration.js';
import type { GroupSessions } from './group-sessions.js';

/**
 * Whether clients of a group get a page instead of it. The tag of a target group is a claim: it counts while there is a rule that answers.
 * Undefined also where that cannot be read, which is a warning, unless the account may not be asked.
 */
export async function maintenanceOf(
  group: GroupName,
  targetGroups: readonly TargetGroup[],
  run: Run,
): Promise<Maintenance | undefined> {
  const of = { environment: run.environment, group };
  const { listenerRules } = run.ports;
  try {
    const tags = await Promise.all(targetGroups.map(({ arn }) => run.ports.traffic.tags(arn)));
    const told = maintenanceIn(tags.flat(), of);
    if (told === undefined || listenerRules === undefined) return told;
    const balancers = [...new Set(targetGroups.flatMap(({ loadBalancers }) => loadBalancers))];
    const listeners = await run.blips.cloud.outlast(() => listenerRules.listeners(balancers));
    return rulesOf(of, listeners).length > 0 ? told : undefined;
  } catch (error) {
    if (!(error instanceof AdfError) || error.class === 'bug' || run.stop.signal.aborted) throw error;
    if (error.code !== 'aws.access_denied') {
      const message = `whether ${group} is in maintenance could not be read: ${error.message}`;
      run.bus.emit({ type: 'warning', message });
    }
    return undefined;
  }
}

/** All target groups that the hosts of a group are to be in. */
export async function targetGroupsOf({
  sessions,
}: Pick<GroupSessions, 'sessions'>): Promise<readonly TargetGroup[]> {
  const found = await Promise.all(
    sessions.map(({ target, group }) =>
      target.traffic.groups(group?.settings.targetGroups ?? { kind: 'none' }),
    ),
  );
  return [...new Map(found.flat().map((one) => [one.arn, one])).values()];
}

/** Says that a roll puts hosts in service that clients do not reach yet. */
export function tellMaintenance(group: GroupName, maintenance: Maintenance, run: Run): void {
  const message =
    `${group} is ${describeMaintenance(maintenance)}: clients get the page until it is ended. ` +
    `adfpush maintenance off --group ${group} --env ${run.environment}`;
  run.bus.emit({ type: 'warning', message });
  run.tally.warn(message);
}
