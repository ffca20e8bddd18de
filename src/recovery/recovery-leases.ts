import type { Inventory } from '../inventory/inventory.js';
import type { Hold } from '../model/hold.js';
import type { GroupName } from '../model/ids.js';
import type { InterruptedRun } from '../plan/interrupted-run.js';
import { hasLeft } from './interrupted-runs.js';

/**
 * The leases that restoring needs: those of the run's groups, and those of the groups that a held host is in now that has left its own.
 * A group without hosts has no lease to take.
 */
export const leasesOf = ({ groupNames, held }: InterruptedRun, inventory: Inventory) =>
  [...new Set([...groupNames, ...groupsNowOf(held, inventory)])]
    .map((group) => ({ opened: { group, hosts: inventory.group(group) } }))
    .filter(({ opened: { hosts } }) => hosts.length > 0);

const groupsNowOf = (held: readonly Hold[], { hosts }: Inventory): readonly GroupName[] =>
  held.flatMap(({ host: id, group }) => {
    const host = hosts.find((one) => one.id === id);
    return host !== undefined && group !== undefined && hasLeft(host, group) ? host.groups : [];
  });
