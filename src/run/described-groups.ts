import { nothingDescribed } from '../errors/inventory.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Host } from '../model/host.js';
import { groupName, type GroupName } from '../model/ids.js';

const ofContainers = ['image', 'container', 'containers'];

/** The variables of a group say what its hosts run. */
export const describesContainers = (group: GroupName, inventory: Inventory): boolean =>
  describes(group, inventory, ofContainers);

/**
 * The groups that are named, in their order; `all` means every group of the environment that says what it runs. For what only reads: what
 * changes hosts names its groups. Throws `inventory.nothing_described`.
 */
export function namedGroups(names: readonly string[], inventory: Inventory): readonly GroupName[] {
  if (!names.includes('all')) return names.map(groupName);
  const described = inventory.groupNames.filter((group) => describesContainers(group, inventory));
  if (described.length === 0) throw nothingDescribed(inventory.environment);
  return described;
}

/** The groups of a host that say what it runs, or what it stands behind. */
export const describingGroups = ({ groups }: Host, inventory: Inventory): readonly GroupName[] =>
  groups.filter((group) => describes(group, inventory, [...ofContainers, 'target_groups']));

const describes = (group: GroupName, inventory: Inventory, words: readonly string[]): boolean =>
  inventory
    .groupLayers(group)
    .some(
      ({ name, values }) => name !== 'packaged defaults' && words.some((word) => Object.hasOwn(values, word)),
    );
