import type { Inventory } from '../inventory/inventory.js';
import type { Hold } from '../model/hold.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { InterruptedRun } from '../plan/interrupted-run.js';
import { leasesOfHosts } from '../run/lease-names.js';
import type { LeasedGroup } from '../run/leases.js';
import { hasLeft } from './interrupted-runs.js';

/**
 * The leases that restoring needs: those of the run's groups, and those of the groups that a held host is in now that has left its own.
 * A group that lists no host has no lease to take; each host that the run's playbook added has one of its own.
 */
export const leasesOf = (found: InterruptedRun, listed: Inventory): readonly LeasedGroup[] =>
  leasesOfHosts(
    [...new Set([...found.groupNames, ...groupsNowOf(found.held, listed)])],
    addedBy(found, listed),
    listed,
  );

/** The hosts that the run's playbook added and that the inventory still does not list. */
export const addedBy = ({ added }: Pick<InterruptedRun, 'added'>, listed: Inventory): readonly Host[] => {
  const names = new Set(listed.hosts.flatMap(({ id, name }) => [id as string, name]));
  return added.filter(({ id }) => !names.has(id));
};

const groupsNowOf = (held: readonly Hold[], { hosts }: Inventory): readonly GroupName[] =>
  held.flatMap(({ host: id, group }) => {
    const host = hosts.find((one) => one.id === id);
    return host !== undefined && group !== undefined && hasLeft(host, group) ? host.groups : [];
  });
