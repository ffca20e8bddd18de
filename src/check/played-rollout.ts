import { type HostSession, onTop, playLayers, readRollout, takesHostsOut } from '../engine/index.js';
import { Variables } from '../expression/variables.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import type { RolloutSettings } from '../model/settings.js';
import type { Playbook } from '../playbook/playbook.js';
import { playedHosts } from '../run/chosen-hosts.js';
import type { GroupSessions } from '../run/group-sessions.js';

/**
 * How the group is really rolled: as the first play says that takes its hosts out of service, and what such a play leaves to the group's
 * settings as these say. So the plan has the batches that will be played. The playbook was checked for these hosts.
 */
export async function playedRollout(
  { plays }: Playbook,
  { sessions, settings, run }: GroupSessions,
  inventory: Inventory,
): Promise<RolloutSettings> {
  const { rollout } = settings;
  const hostsOf = playedHosts(inventory, sessions);
  for (const play of plays.filter(takesHostsOut)) {
    const hosts = hostsOf(play);
    const [one] = hosts;
    if (one === undefined) continue;
    const base = ({ variables }: HostSession): Variables => Variables.of(variables.layers);
    const layers = await playLayers(play, base(one), run);
    const played = readRollout(play, hosts, (session) => onTop(base(session), [...layers, ...run.extraVars]));
    const { maxUnavailable, bake, onFailure, minHealthy } = played;
    // A window takes as many at once as batches of its size.
    const serial = maxUnavailable === undefined ? played.serial : [maxUnavailable];
    return { ...rollout, serial, bake, onFailure, ...defined({ minHealthy }) };
  }
  return rollout;
}
