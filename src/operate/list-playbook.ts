import { defined } from '../model/defined.js';
import type { PlaybookListing } from '../model/playbook-listing.js';
import { startAt } from '../playbook/start-at.js';
import { isSelected, requireTags } from '../playbook/tags.js';
import { leaves, writtenTitle } from '../playbook/playbook.js';
import { limitOf } from '../run/limit.js';
import { withRun } from '../run/with-run.js';
import type { RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';
import { openFleet } from './ad-hoc-fleet.js';
import type { AdHocOptions } from './ad-hoc.js';

/** What a playbook would be played on, and its tasks with their tags. Connects to no host. Throws what is wrong with files and patterns. */
export const listPlaybook = (options: AdHocOptions, hooks: RunHooks): Promise<PlaybookListing> =>
  inWorld(options, hooks, (world) => listPlaybookWith(world, options, hooks));

export async function listPlaybookWith(
  world: World,
  options: AdHocOptions,
  hooks: RunHooks,
): Promise<PlaybookListing> {
  const read = await world.playbook(options.playbook);
  const playbook = options.startAt === undefined ? read : startAt(read, options.startAt);
  const { tags, skipTags = [] } = options;
  const selection = { only: tags, skip: skipTags };
  requireTags(read, selection);
  return withRun(world, options, hooks, { verb: 'run', checkMode: true, tags: selection }, async (run) => {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const limit = await limitOf(options, world);
    const choice = { ...options, ...defined({ limit }) };
    const fleet = await openFleet(playbook, inventory, choice, run, { look: false });
    return {
      playbook: options.playbook,
      environment: run.environment,
      plays: playbook.plays.map((play) => {
        const tasks = leaves(play.sections).filter((task) => isSelected(task.tags, selection));
        return {
          name: play.name,
          hosts: fleet.select(play).map(({ host }) => host.name),
          tasks: tasks.map((task) => ({ name: writtenTitle(task), tags: [...new Set(task.tags)] })),
        };
      }),
    };
  });
}
