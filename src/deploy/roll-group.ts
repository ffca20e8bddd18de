import { type HostSession, type PlaybookResult, renderPattern, runPlaybook } from '../engine/index.js';
import { selectHosts } from '../inventory/patterns.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Play, Playbook } from '../playbook/playbook.js';
import type { PreparedGroup } from './plan-groups.js';

/** Runs the playbook over the hosts of a group that are not converged, in the plan's order: each becomes what its plan says. */
export async function rollGroup(
  { opened, plan }: Pick<PreparedGroup, 'opened' | 'plan'>,
  playbook: Playbook,
  inventory: Inventory,
): Promise<PlaybookResult> {
  const byId = new Map(opened.sessions.map((session) => [session.host.id, session]));
  for (const { host, to } of plan.hosts) {
    const session = byId.get(host);
    if (session !== undefined) session.known.planned = to;
  }
  const sessions = plan.batches.flat().flatMap((id) => byId.get(id) ?? []);
  const [first] = sessions;
  if (first === undefined) return nothingToRoll;
  const select = (play: Play): readonly HostSession[] => {
    const selected = new Set(selectHosts(inventory, renderPattern(play, first)).map(({ id }) => id));
    return sessions.filter(({ host }) => selected.has(host.id));
  };
  return runPlaybook(playbook, select, opened.run);
}

const nothingToRoll: PlaybookResult = {
  turns: [],
  rolledBack: new Set(),
  untouched: new Set(),
  named: [],
  gone: [],
  errors: [],
  stopped: false,
};
