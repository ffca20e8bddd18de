import type { RunHooks } from '../../src/world/context.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { environment, group } from './project-of.js';
import type { SimulatedProgram } from './simulate.js';
import { worldOf } from './world-of.js';

/** `adfpush deploy --group api --env test`, or `adfpush recover --env test`, without a terminal. */
export const deployProgram: SimulatedProgram = async (ports) => {
  const { launch, stop, reader, scenario } = ports;
  const common = { project: '/project', environment, extraVars: [], groups: [launch.group ?? group] };
  const hooks: RunHooks = {
    readers: [reader],
    stop: { signal: stop, name: () => (stop.aborted ? 'SIGTERM' : undefined), grace: 4_000 },
  };
  const { groups: _, ...allGroups } = common;
  const recovered = scenario.neighbour === undefined ? common : allGroups;
  const world = await worldOf(ports);
  const lockWait = launch.calm === true || launch.waits === true ? 600_000 : 0;
  return launch.verb === 'recover'
    ? recoverWith(world, { ...recovered, lockWait }, hooks)
    : deployWith(world, { ...common, lockWait, check: false, diff: false }, hooks);
};
