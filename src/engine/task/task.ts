import { loopNotAList, unknownModuleAtRun } from '../../errors/engine.js';
import type { EventTask } from '../../events/event.js';
import type { Layer } from '../../expression/scope.js';
import { render } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import { UnknownValue } from '../../model/unknown.js';
import { modules } from '../../modules/catalogue.js';
import type { Task } from '../../playbook/playbook.js';
import { allHold } from './conditions.js';
import type { HostSession } from '../host-session.js';
import { factsSetBy } from './task-arguments.js';
import { attemptUntil } from './task-attempts.js';
import type { TaskCall } from './task-call.js';
import { isBeyondTask } from './task-failure.js';
import {
  failureOf,
  joinOutcomes,
  ofItem,
  skippedAsUnknown,
  skippedValues,
  type TaskOutcome,
} from './task-outcome.js';
import { variablesOf } from './task-variables.js';
import type { TurnPlay } from '../roll/turn-play.js';

/** Runs one task on one host: its loop, its conditions, its attempts. Failing is an outcome; only interruption is thrown. */
export async function runTask(
  task: Task,
  event: EventTask,
  session: HostSession,
  play: TurnPlay,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const module = modules.get(task.module);
  if (module === undefined) throw unknownModuleAtRun(task.module);
  const call: TaskCall = { task, module, event, session, play, signal };
  const variables = variablesOf(task, session, play);
  return orFailure(call, () =>
    task.loop === undefined ? runItem(call, variables) : runLoop(call, task.loop, variables),
  );
}

/** One outcome for all items. As in Ansible, an item that failed does not keep the others from running. */
async function runLoop(
  call: TaskCall,
  loop: NonNullable<Task['loop']>,
  variables: Variables,
): Promise<TaskOutcome> {
  const { task } = call;
  const items = render(loop, variables);
  if (items instanceof UnknownValue) return skippedAsUnknown(items, factsSetBy(task));
  if (!Array.isArray(items)) throw loopNotAList(loop.locate([]) ?? task.at, typeof items);
  const outcomes: TaskOutcome[] = [];
  for (const [index, item] of (items as readonly unknown[]).entries()) {
    const layer: Layer = { name: 'loop', values: { [task.loopVar]: item }, literal: true };
    const outcome = await orFailure(call, () => runItem(call, variables.with(layer), index));
    outcomes.push(ofItem(outcome, task.loopVar, item));
    if (outcome.error !== undefined && isBeyondTask(outcome.error)) break;
  }
  return joinOutcomes(outcomes);
}

/** One item: `when`, then attempts until `until` holds. */
async function runItem(call: TaskCall, variables: Variables, index?: number): Promise<TaskOutcome> {
  const wanted = allHold(call.task.when, variables);
  if (wanted instanceof UnknownValue) return skippedAsUnknown(wanted, factsSetBy(call.task));
  if (!wanted) return { status: 'skipped', message: 'its condition is false', registered: skippedValues };
  return attemptUntil(call, variables, index);
}

async function orFailure({ signal }: TaskCall, act: () => Promise<TaskOutcome>): Promise<TaskOutcome> {
  try {
    return await act();
  } catch (error) {
    if (signal.aborted) throw error;
    return failureOf(error);
  }
}
