import { status } from '../../deploy/status.js';
import { AdfError } from '../../errors/adf-error.js';
import { environmentName } from '../../model/ids.js';
import type { GridEnvironment, ReleaseGrid } from '../../model/release-grid.js';
import { resultError } from '../../run/endings.js';
import type { CommonOptions, RunHooks } from '../../world/context.js';

export interface ReleaseGridOptions extends Omit<CommonOptions, 'environment'> {
  /** In the order in which they are shown. */
  readonly environments: readonly string[];
  /** `all` means those that say what they run, in each environment. */
  readonly groups: readonly string[];
}

/**
 * What runs in several environments, asked one after the other: each has an account of its own. One that cannot be asked does not keep the
 * others from being shown. Throws a bug, and the signal's reason.
 */
export async function releaseGrid(options: ReleaseGridOptions, hooks: RunHooks): Promise<ReleaseGrid> {
  const environments: GridEnvironment[] = [];
  for (const environment of options.environments) {
    const name = environmentName(environment);
    try {
      const { at, groups } = await status({ ...options, environment }, hooks);
      environments.push({ environment: name, at, groups });
    } catch (error) {
      if (hooks.stop.signal.aborted || !(error instanceof AdfError) || error.class === 'bug') throw error;
      environments.push({ environment: name, groups: [], error: resultError(error) });
    }
  }
  return { environments };
}
