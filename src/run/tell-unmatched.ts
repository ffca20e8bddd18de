import type { Run } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import { formatPlace } from '../model/source.js';
import type { World } from '../world/world.js';

/** Warns of files of variables that match no group or host. */
export async function tellUnmatched(world: World, inventory: Inventory, { bus, tally }: Run): Promise<void> {
  for (const { at, message: what, hint } of (await world.unmatchedFiles?.(inventory)) ?? []) {
    const message = [at === undefined ? what : `${formatPlace(at)}: ${what}`, hint].join(' ');
    bus.emit({ type: 'warning', message });
    tally.warn(message);
  }
}
