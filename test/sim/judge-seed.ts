import type { Milliseconds } from '../../src/model/duration.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { deployProgram } from './deploy-program.js';
import { judge, storyOf } from './oracle.js';
import { droppedFor, dropsOf } from './oracle/drops.js';
import type { Story, Violation } from './oracle/story.js';
import { randomScenario, type Scenario } from './scenario.js';
import { simulate, type SimulatedRun } from './simulate.js';

/** What was simulated, in numbers. */
export interface Figures {
  readonly seeds: number;
  /** Processes of the control side. */
  readonly processes: number;
  /** Of them killed, and frozen for a while. */
  readonly crashes: number;
  readonly freezes: number;
  /** Processes that were to recover, or found something to be recovered before they deployed. */
  readonly recoveries: number;
  /** Calls of ports. */
  readonly calls: number;
  /** How long all requests to a target group would have been dropped, to drop as many; each drop is explained, or a violation. */
  readonly dropped: Milliseconds;
}

export const noFigures: Figures = {
  seeds: 0,
  processes: 0,
  crashes: 0,
  freezes: 0,
  recoveries: 0,
  calls: 0,
  dropped: 0,
};

export function addFigures(a: Figures, b: Figures): Figures {
  return {
    seeds: a.seeds + b.seeds,
    processes: a.processes + b.processes,
    crashes: a.crashes + b.crashes,
    freezes: a.freezes + b.freezes,
    recoveries: a.recoveries + b.recoveries,
    calls: a.calls + b.calls,
    dropped: a.dropped + b.dropped,
  };
}

export interface JudgedSeed {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

export const judgeSeed = (seed: number): Promise<JudgedSeed> =>
  judgeScenario(seed, randomScenario(new SeededRandom(seed)));

/** Simulates and judges; a run that hangs breaks the promise that it ends with a result. */
export async function judgeScenario(seed: number, scenario: Scenario): Promise<JudgedSeed> {
  const run = await simulate(seed, scenario, deployProgram);
  const hangs =
    run.hangs === undefined
      ? []
      : [{ statement: 0, at: run.final.at, what: `a process hangs: ${run.hangs}` }];
  const story = storyOf(run);
  return { violations: [...hangs, ...judge(story)], figures: figuresOf(run, story) };
}

function figuresOf({ processes, timeline, calls }: SimulatedRun, story: Story): Figures {
  const became = timeline.flatMap((entry) => (entry.type === 'process' ? [entry.became] : []));
  return {
    seeds: 1,
    processes: processes.length,
    crashes: became.filter((one) => one === 'killed').length,
    freezes: became.filter((one) => one === 'frozen').length,
    recoveries: processes.filter(({ events }) => events.some(({ type }) => type === 'recovery.found')).length,
    calls: calls.length,
    dropped: droppedFor(dropsOf(story)),
  };
}
