import { exitOfSignal, exitOfThrown } from '../../src/cli/exit-codes.js';
import { AdfError } from '../../src/errors/adf-error.js';
import type { HostId } from '../../src/model/ids.js';
import { digestOf } from '../fakes/digest-of.js';
import { keepsTheFloor } from './oracle/01-floor.js';
import { losesNoRegistration } from './oracle/02-registrations.js';
import { stopsOnlyDrainedHosts } from './oracle/03-drained-first.js';
import { pullsBeforeItDrains } from './oracle/04-image-first.js';
import { startsOneDigest } from './oracle/05-one-digest.js';
import { bakesEachBatch } from './oracle/06-batches.js';
import { stopsAtTheFirstFailure } from './oracle/07-budget.js';
import { restoresTheVeryContainer } from './oracle/08-restored.js';
import { registersOnlyHealthyHosts } from './oracle/09-healthy-only.js';
import { beginsNothingAfterASignal } from './oracle/14-signals.js';
import { endsWithAResult } from './oracle/ends-with-a-result.js';
import { exitsZeroOnlyWhenConverged } from './oracle/converged.js';
import { dropsNoRequest } from './oracle/no-request-dropped.js';
import type { Statement, Story, Violation } from './oracle/story.js';
import { releaseTag, repository } from './scenario.js';
import type { SimulatedRun } from './simulate.js';

/** What must always hold, by the design's section 7; the other statements have tests of their own elsewhere. */
const statements: readonly Statement[] = [
  keepsTheFloor,
  losesNoRegistration,
  stopsOnlyDrainedHosts,
  pullsBeforeItDrains,
  startsOneDigest,
  bakesEachBatch,
  stopsAtTheFirstFailure,
  restoresTheVeryContainer,
  registersOnlyHealthyHosts,
  beginsNothingAfterASignal,
  endsWithAResult,
  exitsZeroOnlyWhenConverged,
  dropsNoRequest,
];

/** All breaches in a story. It judges by the world's own record; the program is asked only for its exit code and whom it named. */
export const judge = (story: Story): readonly Violation[] =>
  statements.flatMap((statement) => statement(story));

/** What the oracle may know of a simulated run. */
export function storyOf(run: SimulatedRun): Story {
  const { initial, timeline, ended, final, scenario, signalledAt } = run;
  const named = namedIn(run);
  return {
    initial,
    timeline,
    ended,
    final,
    rollout: scenario.rollout,
    release: digestOf(`${repository}:${releaseTag}`),
    zonal: initial.targets
      .map(({ registration }) => registration.targetGroup)
      .filter((arn) =>
        scenario.targetGroups.some(({ name, crossZone }) => !crossZone && arn.includes(`/${name}/`)),
      ),
    exit: exitOf(run, named),
    named,
    ...(signalledAt === undefined ? {} : { signalledAt }),
  };
}

/** Whom the result names, or, of a run that gave up on a signal, whom it had named by then. */
const namedIn = ({ result, events }: SimulatedRun): readonly HostId[] =>
  result?.named.map(({ host }) => host) ??
  events.flatMap((event) => (event.type === 'host.named' ? [event.host.id] : []));

/** As the command line turns what a use case throws into an exit code (cli/session.ts). */
function exitOf({ result, thrown }: SimulatedRun, named: readonly HostId[]): number {
  if (result !== undefined) return result.exit;
  if (!(thrown instanceof AdfError) || thrown.code !== 'run.interrupted') return exitOfThrown(thrown);
  return named.length > 0 ? 5 : exitOfSignal('SIGTERM');
}
