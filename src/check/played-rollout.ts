import {
  type HostSession,
  onTop,
  playLayers,
  readRollout,
  renderPattern,
  takesHostsOut,
} from '../engine/index.js';
import { Variables } from '../expression/variables.js';
import { selectHosts } from '../inventory/patterns.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import type { RolloutSettings } from '../model/settings.js';
import type { Playbook } from '../playbook/playbook.js';
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
  const [first] = sessions;
  if (first === undefined) return rollout;
  for (const play of plays.filter(takesHostsOut)) {
    const selected = new Set(selectHosts(inventory, renderPattern(play, first)).map(({ id }) => id));
    const hosts = sessions.filter(({ host }) => selected.has(host.id));
    const [one] = hosts;
    if (one === undefined) continue;
    const base = ({ variables }: HostSession): Variables => Variables.of(variables.layers);
    const layers = await playLayers(play, base(one), run);
    const played = readRollout(play, hosts, (session) => onTop(base(session), [...layers, ...run.extraVars]));
    const { serial, bake, onFailure, minHealthy } = played;
    return { ...rollout, serial, bake, onFailure, ...defined({ minHealthy }) };
  }
  return rollout;
}
