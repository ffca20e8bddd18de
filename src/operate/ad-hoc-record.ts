import type { HostSession } from '../engine/index.js';
import { readOperatedSettings } from '../inventory/group-settings.js';
import { leaseOfAdded } from '../model/added-host.js';
import { defined } from '../model/defined.js';
import type { GroupName } from '../model/ids.js';
import { sha256 } from '../model/sha256.js';
import type { GroupRecord, LeaseEpoch } from '../model/run-record.js';
import type { World } from '../world/world.js';
import type { AdHocFleet } from './ad-hoc-fleet.js';
import type { AdHocOptions } from './ad-hoc.js';

/** Writes down what the run is, before it changes anything: with this and its holds its hosts can be restored without its playbook. */
export async function recordAdHoc(
  { run, sessions, groups }: AdHocFleet,
  { limit, tags, skipTags, playbook }: AdHocOptions,
  { processes }: World,
  epochs: readonly LeaseEpoch[],
): Promise<void> {
  const { id, verb, environment, owner, holds } = run;
  const { journal, clock } = run.ports;
  const records = await Promise.all(groups.map((group) => recordOf(group, sessions)));
  for (const record of records) holds.knowGroup(record);
  await journal.append({
    at: clock.now(),
    type: 'run.started',
    run: id,
    verb,
    environment,
    groups: records,
    hosts: sessions.map(({ host }) => host.id),
    owner,
    process: processes.self,
    plan: sha256(playbook),
    asked: defined({ limit, tags, skipTags }),
    epochs,
  });
}

/**
 * Writes down the hosts that the playbook added and how they are reached, as far as their leases are `held`, and the groups and leases that came with
 * them: `recover` finds them by this.
 */
export async function recordGrowth(
  fleet: AdHocFleet,
  epochs: readonly LeaseEpoch[],
  held: ReadonlySet<GroupName>,
): Promise<void> {
  const { run, sessions } = fleet;
  const { journal, clock } = run.ports;
  const added = fleet.added.filter((host) => held.has(leaseOfAdded(host)));
  const groups = fleet.groupsUnder(held);
  const records = await Promise.all(groups.map((group) => recordOf(group, sessions)));
  for (const record of records) run.holds.knowGroup(record);
  const hosts = sessions.map(({ host }) => host.id);
  await journal.append({ at: clock.now(), type: 'run.grown', added, groups: records, hosts, epochs });
}

async function recordOf(name: GroupName, sessions: readonly HostSession[]): Promise<GroupRecord> {
  const session = sessions.find(({ group }) => group?.name === name);
  const settings = session?.group?.settings ?? nothingSet;
  const targetGroups = (await session?.target.traffic.groups(settings.targetGroups)) ?? [];
  return { name, targetGroups: targetGroups.map((one) => one.name), rollout: settings.rollout };
}

/** Of a group that none of the hosts is seen in: the defaults. */
const nothingSet = readOperatedSettings(() => undefined);
