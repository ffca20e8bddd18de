import { type PlaybookResult, runPlaybook } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Playbook } from '../playbook/playbook.js';
import { playedHosts } from '../run/chosen-hosts.js';
import { agreeOnKey } from './group-key.js';
import type { PreparedGroup } from './plan-groups.js';

/** Settles what each host of a group becomes: what its plan says. To be called once the roll may begin; never throws. */
export async function settleTargets({ opened, plan }: RolledGroup): Promise<void> {
  for (const { host, to } of plan.hosts) {
    const session = opened.sessions.find((one) => one.host.id === host);
    if (session !== undefined) session.known.planned = to;
  }
  if (plan.batches.length > 0) await agreeOnKey(opened);
}

/** Runs the playbook over the hosts of a group that are not converged, in the plan's order: each becomes what was settled. */
export async function rollGroup(
  { opened, plan }: RolledGroup,
  playbook: Playbook,
  inventory: Inventory,
): Promise<PlaybookResult> {
  const byId = new Map(opened.sessions.map((session) => [session.host.id, session]));
  const sessions = plan.batches.flat().flatMap((id) => byId.get(id) ?? []);
  if (sessions.length === 0) return nothingToRoll;
  return runPlaybook(playbook, playedHosts(inventory, sessions), opened.run);
}

type RolledGroup = Pick<PreparedGroup, 'opened' | 'plan'>;

const nothingToRoll: PlaybookResult = {
  turns: [],
  rolledBack: new Set(),
  untouched: new Set(),
  named: [],
  gone: [],
  errors: [],
  stopped: false,
};
