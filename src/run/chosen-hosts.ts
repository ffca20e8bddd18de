import { type HostSession, renderPattern, variablesOfSession } from '../engine/index.js';
import { requireGroup, selectHosts } from '../inventory/patterns.js';
import type { Inventory, LaterNames } from '../inventory/inventory.js';
import type { Host } from '../model/host.js';
import type { Play } from '../playbook/playbook.js';
import type { CommonOptions } from '../world/context.js';

/** The hosts of some groups, `all` of the environment, that a limit leaves. Throws `inventory.*` for a group or a limit that leaves none. */
export function chosenHosts(
  inventory: Inventory,
  { groups, limit }: Pick<CommonOptions, 'limit'> & { readonly groups: readonly string[] },
): readonly Host[] {
  const members = new Set(
    groups.flatMap((group) => (group === 'all' ? inventory.hosts : requireGroup(inventory, group))),
  );
  if (limit === undefined) return [...members];
  const chosen = selectHosts(inventory, limit).filter((host) => members.has(host));
  return chosen.length > 0 ? chosen : selectHosts(inventory, `${groups.join(':')}:&${limit}`);
}

/**
 * Which of these hosts a play is for, by its pattern; in their order. What the pattern says of the first is what it says of all. Throws
 * `inventory.*` for a pattern that means no host at all, and none that may be added `later`.
 */
export const playedHosts =
  (inventory: Inventory, sessions: readonly HostSession[], later?: LaterNames) =>
  (play: Play): readonly HostSession[] => {
    const [first] = sessions;
    if (first === undefined) return [];
    const pattern = renderPattern(play, variablesOfSession(first));
    const selected = new Set(selectHosts(inventory, pattern, later).map(({ id }) => id));
    return sessions.filter(({ host }) => selected.has(host.id));
  };
