import { ZodError } from 'zod';
import type { AdfError } from '../errors/adf-error.js';
import { loopNotAList, taskTimedOut, unknownModuleAtRun, untilNeverHeld } from '../errors/engine.js';
import { isOutcomeUnknown } from '../errors/modules.js';
import type { EventTask } from '../events/event.js';
import type { Layer } from '../expression/scope.js';
import { render } from '../expression/templates.js';
import type { Variables } from '../expression/variables.js';
import { UnknownValue } from '../model/unknown.js';
import { modules } from '../modules/catalogue.js';
import type { RegisteredModule } from '../modules/module.js';
import type { Task } from '../playbook/playbook.js';
import { allHold, allHoldOfResult } from './conditions.js';
import { withDeadline } from './deadline.js';
import type { HostSession } from './host-session.js';
import { renderEnvironment, TaskHost } from './module-host.js';
import { explainArguments, renderArguments } from './task-arguments.js';
import {
  failureOf,
  hidden,
  hiddenMessage,
  joinOutcomes,
  skippedAsUnknown,
  skippedValues,
  type TaskOutcome,
} from './task-outcome.js';
import { variablesOf, withResult } from './task-variables.js';
import { judge } from './task-verdict.js';
import type { TurnPlay } from './turn-play.js';

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
  const variables = variablesOf(task, session, play);
  const once = async (item: Variables): Promise<TaskOutcome> =>
    runItem(task, module, event, session, play, item, signal);
  try {
    if (task.loop === undefined) return await once(variables);
    return await runLoop(task, task.loop, variables, once);
  } catch (error) {
    if (signal.aborted) throw error;
    return failureOf(error);
  }
}

/** One outcome for all items: the worst status, and every item's result under `results`. */
async function runLoop(
  task: Task,
  loop: NonNullable<Task['loop']>,
  variables: Variables,
  once: (variables: Variables) => Promise<TaskOutcome>,
): Promise<TaskOutcome> {
  const items = render(loop, variables);
  if (items instanceof UnknownValue) return skippedAsUnknown(items);
  if (!Array.isArray(items)) throw loopNotAList(loop.locate([]) ?? task.at, typeof items);
  const outcomes: TaskOutcome[] = [];
  for (const item of items as readonly unknown[]) {
    const layer: Layer = { name: 'loop', values: { [task.loopVar]: item }, literal: true };
    const outcome = await once(variables.with(layer));
    outcomes.push(outcome);
    // As in Ansible, one item that failed keeps the others from nothing; a host that is lost does.
    if (outcome.status === 'unreachable' || isOutcomeUnknown(outcome.error)) break;
  }
  return joinOutcomes(outcomes);
}

/** One item: `when`, then attempts until `until` holds. */
async function runItem(
  task: Task,
  module: RegisteredModule,
  event: EventTask,
  session: HostSession,
  play: TurnPlay,
  variables: Variables,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const { bus, ports } = session.run;
  const wanted = allHold(task.when, variables);
  if (wanted instanceof UnknownValue) return skippedAsUnknown(wanted);
  if (!wanted) return { status: 'skipped', message: 'its condition is false', registered: skippedValues };
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptOnce(task, module, event, session, play, variables, signal);
    if (
      task.until === undefined ||
      outcome.registered instanceof UnknownValue ||
      outcome.status === 'unreachable' ||
      isOutcomeUnknown(outcome.error)
    )
      return outcome;
    const scope = withResult(variables, task, outcome.registered);
    if (allHoldOfResult([task.until], scope, outcome.error !== undefined) === true) return outcome;
    if (attempt > task.retries) {
      const error = outcome.error ?? untilNeverHeld(session.host, task.until.source, attempt);
      return { ...outcome, status: 'failed', error };
    }
    const reason = outcome.error?.message ?? `${task.until.source} does not hold`;
    bus.emit({
      type: 'task.retrying',
      host: session.eventHost,
      task: event,
      attempt,
      of: task.retries + 1,
      reason,
    });
    await ports.clock.sleep(task.delay, signal);
  }
}

async function attemptOnce(
  task: Task,
  module: RegisteredModule,
  event: EventTask,
  session: HostSession,
  play: TurnPlay,
  variables: Variables,
  parent: AbortSignal,
): Promise<TaskOutcome> {
  const { ports, bus } = session.run;
  const timedOut = (): AdfError => taskTimedOut(session.host, task.timeout ?? 0);
  try {
    const outcome = await withDeadline(ports.clock, task.timeout, parent, timedOut, (signal) => {
      const report = (message: string, done?: number, total?: number): void =>
        bus.emit({
          type: 'task.progress',
          host: session.eventHost,
          task: event,
          message: task.noLog ? hiddenMessage : message,
          ...(done === undefined ? {} : { done }),
          ...(total === undefined ? {} : { total }),
        });
      const mayTakeOut = (): boolean => !play.budget.exceeded;
      return session.busyWith({ signal, report, mayTakeOut, restoring: false }, () =>
        callModule(task, module, session, play, variables),
      );
    });
    return task.noLog ? hidden(outcome) : outcome;
  } catch (error) {
    if (parent.aborted) throw error;
    return task.noLog ? hidden(failureOf(error)) : failureOf(error);
  }
}

/** Renders the arguments, checks, opens the holds, applies. */
async function callModule(
  task: Task,
  module: RegisteredModule,
  session: HostSession,
  play: TurnPlay,
  variables: Variables,
): Promise<TaskOutcome> {
  const args = renderArguments(task, module, variables);
  if (args instanceof UnknownValue) return skippedAsUnknown(args);
  const host = new TaskHost(
    session,
    {
      at: task.at,
      become: task.become ?? play.play.become,
      environment: renderEnvironment(play.play.environment, task.environment, variables),
    },
    variables,
  );
  const checked = await module.check(args, host).catch((error: unknown) => {
    throw error instanceof ZodError ? explainArguments(error, task) : error;
  });
  if (!checked.changes) return judge(task, session, variables, checked.result);
  if (session.run.checkMode) {
    return {
      status: 'changed',
      message: checked.summary,
      registered: new UnknownValue(`the result of "${task.name.value}"`),
      ...(checked.diff === undefined ? {} : { diff: checked.diff }),
    };
  }
  await session.run.holds.open(session.host, checked.takes);
  if (task.oneWay) await recordOneWay(task, session);
  return judge(task, session, variables, await checked.apply());
}

/** Recorded before it runs: once begun it counts as run. */
async function recordOneWay(task: Task, { run, host }: HostSession): Promise<void> {
  const record = { type: 'one_way.ran', host: host.id, task: task.name.value } as const;
  await run.ports.journal.append({ at: run.ports.clock.now(), ...record });
  run.tally.ranOneWay(task.name.value);
}
