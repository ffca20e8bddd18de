import type { Plan } from '../model/plan.js';
import type { RunHooks } from '../world/context.js';
import { prepareDeploy, type DeployOptions } from './prepare-deploy.js';
import { newRunId, noJournal, openRun } from '../run/open-run.js';
import { openWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';

/** What deploy would do: the same steps up to the plan, and nothing after it. Throws what deploy would refuse. */
export async function planDeploy(options: DeployOptions, hooks: RunHooks): Promise<readonly Plan[]> {
  const world = await openWorld(options, hooks);
  try {
    return await planDeployWith(world, options, hooks);
  } finally {
    await world.close();
  }
}

export async function planDeployWith(
  world: World,
  options: DeployOptions,
  hooks: RunHooks,
): Promise<readonly Plan[]> {
  const id = newRunId(world.clock, world.random);
  const run = openRun(world, options, hooks, id, noJournal, {
    verb: 'plan',
    checkMode: true,
    tags: { only: options.tags, skip: options.skipTags ?? [] },
  });
  try {
    const { groups } = await prepareDeploy(world, { ...options, check: true }, hooks, run, 'plan');
    return groups.map(({ plan }) => plan);
  } finally {
    await run.bus.close();
  }
}
