import { addHostInDeploy } from '../../errors/add-host.js';
import type { RegisteredModule } from '../../modules/module.js';
import type { Place } from '../../model/source.js';
import type { Growth, Run } from '../run.js';

/** How a task adds hosts. Throws `add_host.in_deploy` where none can join. */
export function growthOf({ growth }: Pick<Run, 'growth'>, at: Place): Growth {
  if (growth === undefined) throw addHostInDeploy(at);
  return growth;
}

/** Refuses a task that adds hosts where none can join. Throws `add_host.in_deploy`. */
export function refuseAdding(at: Place, { addsHosts }: RegisteredModule, run: Pick<Run, 'growth'>): void {
  if (addsHosts) growthOf(run, at);
}
