import { exitOfThrown } from '../../src/cli/exit-codes.js';
import { exitOfSignal } from '../../src/model/run-result.js';
import { AdfError } from '../../src/errors/adf-error.js';
import { hostId, type HostId } from '../../src/model/ids.js';
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
import { keepsPredecessorsDown } from './oracle/kept-stay-down.js';
import { dropsNoRequest } from './oracle/no-request-dropped.js';
import { changesOnlyUnderItsLease, holdsItsLeaseAlone } from './oracle/10-one-run.js';
import { changesNothingElsewhere } from './oracle/11-right-place.js';
import { endsAllTheSame } from './oracle/12-slow-cloud.js';
import { keepsSecrets } from './oracle/13-secrets.js';
import { runsCommandsOnce } from './oracle/15-commands.js';
import { endsInService } from './oracle/in-service.js';
import { leavesNoneOnTheRelease } from './oracle/rolled-back.js';
import { isDeed } from './oracle/deeds.js';
import { tellsWhetherMixed } from './oracle/mixed.js';
import { namesWhatIsWrong } from './oracle/names-what-is-wrong.js';
import { neverOverridesANewerSuccess } from './oracle/newer-success.js';
import { saysWhatIs } from './oracle/says-what-is.js';
import { resumesScaling } from './oracle/scaling.js';
import { namesForAReason } from './oracle/named-for-a-reason.js';
import { holdsNothingUnnamed } from './oracle/nothing-is-lost.js';
import type { Program, Statement, Story, StoryGroup, Violation, Words } from './oracle/story.js';
import type { Outcome, ProcessRecord } from './control/process.js';
import { groupsOf, repository, type ScenarioGroup } from './scenario.js';
import type { Actor, Entry } from '../fakes/world/timeline.js';
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
  changesOnlyUnderItsLease,
  holdsItsLeaseAlone,
  changesNothingElsewhere,
  endsAllTheSame,
  keepsSecrets,
  beginsNothingAfterASignal,
  runsCommandsOnce,
  holdsNothingUnnamed,
  endsInService,
  resumesScaling,
  endsWithAResult,
  saysWhatIs,
  tellsWhetherMixed,
  namesWhatIsWrong,
  neverOverridesANewerSuccess,
  exitsZeroOnlyWhenConverged,
  dropsNoRequest,
  namesForAReason,
  leavesNoneOnTheRelease,
  keepsPredecessorsDown,
];

/** All breaches in a story. It judges by the world's own record; what the programs say is judged by it too. */
export const judge = (story: Story): readonly Violation[] =>
  statements.flatMap((statement) => statement(story));

/** What the oracle may know of a simulation. */
export function storyOf(run: SimulatedRun): Story {
  const { initial, timeline, final, scenario, calls } = run;
  const groups = groupsOf(scenario).map(storyGroupOf);
  const programs = run.processes.map((process) => programOf(process, timeline, groups));
  return {
    initial,
    timeline,
    calls,
    programs,
    final,
    rollout: scenario.rollout,
    groups,
    zonal: initial.targets
      .map(({ registration }) => registration.targetGroup)
      .filter((arn) =>
        scenario.targetGroups.some(({ name, crossZone }) => !crossZone && arn.includes(`/${name}/`)),
      ),
    named: namedAtTheEnd(programs, timeline),
    isOver: isOver(run),
    playbookFails: scenario.forgets !== undefined || scenario.commandFailsOn.length > 0,
    faults: scenario.faults,
    words: wordsOf(run),
  };
}

const storyGroupOf = ({ name, containers, targetGroups, hosts }: ScenarioGroup): StoryGroup => ({
  name,
  containers: containers.map((container) => container.name),
  targetGroups: targetGroups.map((targetGroup) => targetGroup.name),
  hosts: hosts.map(({ id }) => hostId(id)),
});

function programOf(
  { actor, launch, begunAt, endedAt, ended, outcome, events, namedAt, signalledAt }: ProcessRecord,
  timeline: readonly Entry[],
  groups: readonly StoryGroup[],
): Program {
  const [first] = groups;
  const group = groups.find(({ name }) => name === launch.group) ?? first;
  if (group === undefined) throw new Error('a story without a group');
  const started = events.find((event) => event.type === 'run.started');
  const result = outcome.kind === 'ended' ? outcome.result : undefined;
  const resolved = timeline.find(({ type, by }) => type === 'tag.resolved' && by === actor);
  // Whom the result names, or, of a run that gave up on a signal or was killed, whom it had named by then.
  const named =
    result?.named.map(({ host }) => host) ??
    events.flatMap((event) => (event.type === 'host.named' ? [event.host.id] : []));
  return {
    actor,
    machine: launch.machine,
    verb: launch.verb,
    group,
    ...(started === undefined ? {} : { run: started.run }),
    ...(started?.verb === 'rollback' ? { rollsBack: true } : {}),
    release: resolved?.type === 'tag.resolved' ? resolved.digest : digestOf(`${repository}:${launch.tag}`),
    begunAt,
    endedAt,
    history: historyOf(actor, timeline),
    ended,
    named,
    namedAt,
    ...(result === undefined ? {} : { says: result }),
    commandsReported: events.flatMap((event) =>
      event.type === 'task.ended' && event.task.module === 'command' && event.status === 'changed'
        ? [event.host.id]
        : [],
    ),
    ...(outcome.kind === 'killed' ? {} : { exit: exitOf(outcome, named) }),
    ...(signalledAt === undefined ? {} : { signalledAt }),
  };
}

/** How much had happened when it ended, or was killed. */
function historyOf(actor: Actor, timeline: readonly Entry[]): number {
  const end = timeline.findLastIndex(
    (entry) =>
      entry.type === 'process' &&
      entry.by === actor &&
      (entry.became === 'ended' || entry.became === 'killed'),
  );
  return end === -1 ? timeline.length : end;
}

/** What a program says of a host is no excuse for what others do there later. */
export const namedAtTheEnd = (
  programs: readonly Pick<Program, 'named' | 'history'>[],
  timeline: readonly Entry[],
): readonly HostId[] => {
  const lastChange = new Map(
    timeline.flatMap((entry, index) => (isDeed(entry) ? [[entry.host, index] as const] : [])),
  );
  const named = programs.flatMap(({ named: hosts, history }) =>
    hosts.filter((host) => (lastChange.get(host) ?? -1) < history),
  );
  return [...new Set(named)];
};

/** As the command line turns what a use case throws into an exit code (cli/session.ts). */
function exitOf({ result, thrown }: Extract<Outcome, { kind: 'ended' }>, named: readonly HostId[]): number {
  if (result !== undefined) return result.exit;
  if (!(thrown instanceof AdfError) || thrown.code !== 'run.interrupted') return exitOfThrown(thrown);
  return named.length > 0 ? 5 : exitOfSignal('SIGTERM');
}

/** Nobody was killed; or the last one came in peace, and could do its work. */
function isOver({ processes, hangs }: SimulatedRun): boolean {
  if (hangs !== undefined) return false;
  const last = processes.at(-1);
  const isDone = last?.outcome.kind === 'ended' && last.outcome.result !== undefined;
  return isDone && (processes.length === 1 || last.launch.calm === true);
}

/** What the programs said (their results with their last event, as the command line has them), and what they wrote to disks: theirs, and those of the hosts. */
function wordsOf({ processes, journals, timeline, calls }: SimulatedRun): readonly Words[] {
  const said = processes.flatMap(({ actor, events, outcome }) => [
    ...events.map((event) => ({ where: `an event ${event.type} of ${actor}`, text: textOf(event) })),
    ...(outcome.kind === 'ended' && outcome.thrown !== undefined
      ? [{ where: `what ${actor} threw`, text: textOf(outcome.thrown) }]
      : []),
  ]);
  return [
    ...said,
    ...journals.map((record) => ({ where: `a record ${record.type} of the journal`, text: textOf(record) })),
    ...timeline.flatMap((entry) =>
      entry.type === 'hold.kept' ? [{ where: `a hold on ${entry.host}`, text: textOf(entry.hold) }] : [],
    ),
    ...calls.map(({ port, method, about }) => ({ where: `what ${port}.${method} is about`, text: about })),
  ];
}

/** Errors too, whose message is in no enumerable field. */
const textOf = (value: unknown): string =>
  JSON.stringify([value], (_key, part: unknown) => (part instanceof Error ? wordsOfError(part) : part));

const wordsOfError = (error: Error): unknown => [
  error.message,
  error.stack,
  error.cause,
  Object.entries(error).filter(([name]) => name !== 'cause'),
];
