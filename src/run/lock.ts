import { leaseAlive } from '../errors/lease.js';
import { requireGroup } from '../inventory/patterns.js';
import type { Inventory } from '../inventory/inventory.js';
import { environmentName, groupName } from '../model/ids.js';
import type { LockReport, ReleasedLock } from '../model/lock-report.js';
import type { LeaseLook, LeaseName } from '../ports/lease-store.js';
import { inWorld } from '../world/open-world.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { namedGroups } from './described-groups.js';
import { newRunId } from './open-run.js';
import type { World } from '../world/world.js';

export interface LockOptions extends CommonOptions {
  readonly groups: readonly string[];
}

export interface ReleaseOptions extends LockOptions {
  /** Also while its holder lives. */
  readonly force: boolean;
}

/** Who holds the locks of some groups. Changes nothing. Throws `lease.unavailable`. */
export const lockStatus = (options: LockOptions, hooks: Pick<RunHooks, 'prompt'>): Promise<LockReport> =>
  inWorld(options, hooks, (world) => lockStatusWith(world, options));

/** Ends locks that no run needs any more. Throws `lease.alive` for one whose holder lives, unless it is forced; `lease.unavailable`. */
export const releaseLocks = (
  options: ReleaseOptions,
  hooks: Pick<RunHooks, 'prompt'>,
): Promise<readonly ReleasedLock[]> => inWorld(options, hooks, (world) => releaseLocksWith(world, options));

async function lockStatusWith(world: World, options: LockOptions): Promise<LockReport> {
  const inventory = await world.listHosts();
  const groups = namedGroups(options.groups, inventory).map((group) => leaseOf(inventory, options, group));
  return {
    environment: environmentName(options.environment),
    groups: await Promise.all(
      groups.map(async (name) => ({ group: name.group, ...(await world.leases.look(name)) })),
    ),
  };
}

/** Looks at all before it ends any: what is refused is refused as a whole. */
async function releaseLocksWith(world: World, options: ReleaseOptions): Promise<readonly ReleasedLock[]> {
  const inventory = await world.listHosts();
  const looks: { readonly name: LeaseName; readonly look: LeaseLook }[] = [];
  for (const group of options.groups) {
    const name = leaseOf(inventory, options, group);
    const look = await world.leases.look(name);
    if (look.holder !== undefined && !options.force) throw leaseAlive(name, look.holder);
    looks.push({ name, look });
  }
  const by = { run: newRunId(world.clock, world.random), ...world.owner };
  const released: ReleasedLock[] = [];
  for (const { name, look } of looks) {
    const epoch = options.force ? (await world.leases.seize(name, by)).epoch : look.epoch;
    released.push({ group: name.group, ...look, epoch, forced: options.force });
  }
  return released;
}

const leaseOf = (inventory: Inventory, { environment }: LockOptions, group: string): LeaseName => ({
  environment: environmentName(environment),
  group: groupName(group),
  hosts: requireGroup(inventory, group),
});
