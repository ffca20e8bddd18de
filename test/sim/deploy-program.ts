import { deployWith } from '../../src/usecases/deploy.js';
import { environment, group } from './project-of.js';
import type { SimulatedProgram } from './simulate.js';
import { worldOf } from './world-of.js';

/** `adfpush deploy --group api --env test`, without a terminal. */
export const deployProgram: SimulatedProgram = async (ports) =>
  deployWith(
    await worldOf(ports),
    { project: '/project', environment, extraVars: [], groups: [group], check: false, diff: false },
    {
      readers: [ports.reader],
      stop: { signal: ports.stop, name: () => (ports.stop.aborted ? 'SIGTERM' : undefined), grace: 4_000 },
    },
  );
