import { selectHosts } from '../inventory/patterns.js';
import type { Inventory } from '../inventory/inventory.js';
import type { CommonOptions } from './context.js';
import { openWorld } from './open-world.js';

/** The hosts of an environment as the cloud or the file tells them now, cut down to `limit`. Connects to none of them. */
export async function listInventory(options: CommonOptions): Promise<Inventory> {
  const world = await openWorld(options);
  try {
    const inventory = await world.listHosts();
    if (options.limit === undefined) return inventory;
    const hosts = selectHosts(inventory, options.limit);
    return {
      ...inventory,
      hosts,
      group: (name) => inventory.group(name).filter((host) => hosts.includes(host)),
    };
  } finally {
    await world.close();
  }
}
