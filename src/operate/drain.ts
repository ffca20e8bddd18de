import { mixedKinds } from '../errors/drain.js';
import { severalGroups } from '../errors/ad-hoc.js';
import { selectHosts } from '../inventory/patterns.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { groupName, type GroupName } from '../model/ids.js';
import type { RunResult } from '../model/run-result.js';
import { rollDrained } from '../deploy/roll-drained.js';
import { describesContainers, describingGroups } from '../run/described-groups.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';
import { runAdHocWith } from './ad-hoc.js';

export interface DrainOptions extends CommonOptions {
  /** Which hosts. */
  readonly limit: string;
  /** Of hosts in several groups: the one whose target groups are meant. */
  readonly group?: string;
  /** Why: for the record, and for those who meet the host. */
  readonly reason?: string;
  readonly check: boolean;
  readonly diff: boolean;
  readonly lockWait?: Milliseconds;
  readonly noRecover?: boolean;
}

/**
 * Takes hosts out of service, under the floor, and keeps them out until `undrain`: that is on record on the hosts of their group, and every run
 * that puts hosts in service leaves them out. Throws `drain.*`, and what an ad-hoc playbook refuses.
 */
export const drain = (options: DrainOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => drainWith(world, options, hooks));

export const drainWith = (world: World, options: DrainOptions, hooks: RunHooks): Promise<RunResult> => {
  const { reason } = options;
  const given = { name: '--reason', values: defined({ reason }), literal: true };
  const extraVars = [...options.extraVars, given];
  const playbook = { verb: 'drain', about: options.limit, playbook: 'drain', meetsKeptOut: true, extraVars };
  return runAdHocWith(world, { ...options, ...playbook }, hooks);
};

/**
 * Brings hosts back into service that `drain` took out: with the release that their group is on, where the group has containers. Throws `drain.*`,
 * and what a deploy refuses.
 */
export const undrain = (options: DrainOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => undrainWith(world, options, hooks));

export async function undrainWith(world: World, options: DrainOptions, hooks: RunHooks): Promise<RunResult> {
  const inventory = await world.listHosts();
  const groups = groupsOf(options, inventory);
  const rolled = groups.filter((group) => describesContainers(group, inventory));
  if (rolled.length === groups.length) return rollDrained(world, { ...options, groups }, hooks);
  if (rolled.length > 0) throw mixedKinds(groups);
  const playbook = {
    verb: 'undrain',
    about: options.limit,
    playbook: 'undrain',
    meetsKeptOut: true,
    undrains: true,
  };
  return runAdHocWith(world, { ...options, ...playbook }, hooks);
}

/** The groups that these hosts are in for their target groups. Throws `inventory.*`, `ad_hoc.several_groups`. */
function groupsOf({ limit, group }: DrainOptions, inventory: Inventory): readonly GroupName[] {
  if (group !== undefined) return [groupName(group)];
  const groups = selectHosts(inventory, limit).map((host) => {
    const [only, ...others] = host.groups.length <= 1 ? host.groups : describingGroups(host, inventory);
    if (only === undefined || others.length > 0) throw severalGroups(host, host.groups);
    return only;
  });
  return [...new Set(groups)];
}
