import { type PlaybookResult, runPlaybook } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Playbook } from '../playbook/playbook.js';
import { playedHosts } from '../run/chosen-hosts.js';
import { agreeOnKey } from './group-key.js';
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
  if (sessions.length === 0) return nothingToRoll;
  await agreeOnKey(opened);
  return runPlaybook(playbook, playedHosts(inventory, sessions), opened.run);
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
