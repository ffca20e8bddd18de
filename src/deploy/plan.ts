import type { PlanReport } from '../model/plan.js';
import { reportOf } from '../plan/plan-report.js';
import { recoverFirst } from '../recovery/recover-first.js';
import { withRun } from '../run/with-run.js';
import type { RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';
import { planGroups, readProject, type DeployOptions } from './plan-groups.js';

/** What deploy would do: the same steps up to the plan, and nothing after it. Throws what deploy would refuse. */
export const plan = (options: DeployOptions, hooks: RunHooks): Promise<readonly PlanReport[]> =>
  inWorld(options, hooks, (world) => planWith(world, options, hooks));

export const planWith = (
  world: World,
  options: DeployOptions,
  hooks: RunHooks,
): Promise<readonly PlanReport[]> => {
  const tags = { only: options.tags, skip: options.skipTags ?? [] };
  return withRun(world, options, hooks, { verb: 'plan', checkMode: true, tags }, async (run) => {
    const project = await readProject(world, options, run);
    await recoverFirst(world, options, hooks, run, project.inventory);
    return (await planGroups(project, { ...options, check: true }, run)).map((group) => reportOf(group.plan));
  });
};
