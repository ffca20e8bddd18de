import { requireGroup, selectHosts } from '../inventory/patterns.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Host } from '../model/host.js';
import type { CommonOptions } from '../world/context.js';

/** The hosts of some groups that a limit leaves. Throws `inventory.*` for a group or a limit that leaves none. */
export function chosenHosts(
  inventory: Inventory,
  { groups, limit }: Pick<CommonOptions, 'limit'> & { readonly groups: readonly string[] },
): readonly Host[] {
  const members = new Set(groups.flatMap((group) => requireGroup(inventory, group)));
  if (limit === undefined) return [...members];
  const chosen = selectHosts(inventory, limit).filter((host) => members.has(host));
  return chosen.length > 0 ? chosen : selectHosts(inventory, `${groups.join(':')}:&${limit}`);
}
