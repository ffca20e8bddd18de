import { loopNotAList } from '../../errors/engine.js';
import type { EventTask } from '../../events/event.js';
import type { Layer } from '../../expression/scope.js';
import { render } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import { UnknownValue } from '../../model/unknown.js';
import type { Loop, Task } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import type { TurnPlay } from '../roll/turn-play.js';
import { allHold } from './conditions.js';
import { factsSetBy } from './task-arguments.js';
import { attemptUntil } from './task-attempts.js';
import { isBeyondTask, type TaskCall } from './task-call.js';
import {
  failureOf,
  joinOutcomes,
  ofItem,
  skippedAsUnknown,
  skippedValues,
  type TaskOutcome,
} from './task-outcome.js';
import { variablesOf } from './task-variables.js';

/** Runs one task on one host: its loop, its conditions, its attempts. Failing is an outcome; only interruption is thrown. */
export async function runTask(
  task: Task,
  event: EventTask,
  session: HostSession,
  play: TurnPlay,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const call: TaskCall = { task, module: task.does, event, session, play, signal };
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
  const { task, session, signal } = call;
  const items = itemsOf(loop, variables, task);
  if (items instanceof UnknownValue) return skippedAsUnknown(items, factsSetBy(task));
  const outcomes: TaskOutcome[] = [];
  for (const [index, item] of items.entries()) {
    if (index > 0 && loop.pause > 0) await session.run.ports.clock.sleep(loop.pause, signal);
    const own = variables.with(layerOfItem(loop, item, index));
    const outcome = await orFailure(call, () => runItem(call, own, index));
    outcomes.push(ofItem(outcome, loop.itemVar, item, labelOf(loop, own)));
    if (outcome.error !== undefined && isBeyondTask(outcome.error)) break;
  }
  return joinOutcomes(outcomes);
}

/** Throws `loop.*` when it is no list. */
export function itemsOf(
  { items }: Loop,
  variables: Variables,
  task: Pick<Task, 'at'>,
): readonly unknown[] | UnknownValue {
  const rendered = render(items, variables);
  if (rendered instanceof UnknownValue) return rendered;
  if (!Array.isArray(rendered)) throw loopNotAList(items.locate([]) ?? task.at, typeof rendered);
  return rendered as readonly unknown[];
}

/** The variables that an item of a loop is known by. */
export const layerOfItem = ({ itemVar, indexVar }: Loop, item: unknown, index: number): Layer => ({
  name: 'loop',
  values: { [itemVar]: item, ...(indexVar === undefined ? {} : { [indexVar]: index }) },
  literal: true,
});

/** What people are shown of the item; undefined without a label, and when it cannot be rendered: it is for people alone. */
export function labelOf({ label }: Loop, variables: Variables): string | undefined {
  if (label === undefined) return undefined;
  try {
    return String(render(label, variables));
  } catch {
    return undefined;
  }
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
