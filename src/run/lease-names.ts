import type { Inventory } from '../inventory/inventory.js';
import { leaseOfAdded } from '../model/added-host.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { LeasedGroup } from './leases.js';

/**
 * The leases of these groups, each over the hosts that the inventory lists in it, and one for each host that a playbook added. A group that
 * only has added hosts has no lease of its own.
 */
export const leasesOfHosts = (
  groups: readonly GroupName[],
  added: readonly Host[],
  listed: Inventory,
): readonly LeasedGroup[] => [
  ...groups
    .map((group) => ({ opened: { group, hosts: listed.group(group) } }))
    .filter(({ opened: { hosts } }) => hosts.length > 0),
  ...added.map((host) => ({ opened: { group: leaseOfAdded(host), hosts: [host] } })),
];
