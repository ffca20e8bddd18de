import type { AdfError } from '../../errors/adf-error.js';
import { taskTimedOut, untilNeverHeld } from '../../errors/engine.js';
import type { Variables } from '../../expression/variables.js';
import { defined } from '../../model/defined.js';
import { UnknownValue } from '../../model/unknown.js';
import { isOnlyChecked } from './check-mode.js';
import { targetOfTask } from './delegate.js';
import { holdsYet } from './conditions.js';
import { withDeadline } from './deadline.js';
import { factsSetBy } from './task-arguments.js';
import { isOwnFailure, type Attempt, type TaskCall } from './task-call.js';
import { callModule } from './task-module.js';
import { failureOf, hidden, hiddenMessage, skippedAsUnknown, type TaskOutcome } from './task-outcome.js';
import { withResult } from './task-variables.js';

/** One attempt, or as many as it takes for `until` to hold. A dry run looks once, and waits for nothing. */
export async function attemptUntil(
  call: TaskCall,
  variables: Variables,
  item?: number,
): Promise<TaskOutcome> {
  const { task, event, session, signal } = call;
  const { bus, ports } = session.run;
  const isDry = session.run.checkMode && isOnlyChecked(task, session.run);
  for (let attempt = 1; ; attempt += 1) {
    const outcome = withAttempts(
      await attemptOnce(call, variables, { attempt, ...defined({ item }) }),
      call,
      attempt,
    );
    const { error, registered } = outcome;
    if (task.until === undefined || registered instanceof UnknownValue) return outcome;
    // A lost host, a refusal or a mistake in the playbook: trying again would not end better, or could do harm.
    if (error !== undefined && !isOwnFailure(error)) return outcome;
    const { holds, why } = holdsYet(task.until, withResult(variables, task, registered));
    if (holds === true) return outcome;
    const { source } = task.until;
    if (isDry) return skippedAsUnknown(new UnknownValue(`it would wait until ${source}`), factsSetBy(task));
    const explained = task.noLog ? undefined : why;
    if (attempt > task.retries) {
      const never = untilNeverHeld(session.host, source, attempt, explained);
      return {
        ...outcome,
        status: 'failed',
        error: error ?? never,
        registered: { ...registered, failed: true },
      };
    }
    bus.emit({
      type: 'task.retrying',
      host: session.eventHost,
      task: event,
      attempt,
      of: task.retries + 1,
      reason: error?.message ?? explained ?? `${source} does not hold`,
    });
    await ports.clock.sleep(task.delay, signal);
  }
}

const withAttempts = (outcome: TaskOutcome, { task }: TaskCall, attempts: number): TaskOutcome =>
  task.until === undefined || outcome.registered instanceof UnknownValue
    ? outcome
    : { ...outcome, registered: { ...outcome.registered, attempts } };

/** One attempt, within the task's `timeout`. */
async function attemptOnce(call: TaskCall, variables: Variables, attempt: Attempt): Promise<TaskOutcome> {
  const { task, event, session, play, signal: parent } = call;
  const { ports, bus } = session.run;
  const timedOut = (): AdfError => taskTimedOut(session.host, task.timeout ?? 0);
  try {
    // A lease that it needs is no part of what the task itself may take.
    const acted = await targetOfTask(call, variables);
    const outcome = await withDeadline(ports.clock, task.timeout, parent, timedOut, (signal) => {
      const report = (message: string, done?: number, total?: number): void =>
        bus.emit({
          type: 'task.progress',
          host: session.eventHost,
          task: event,
          message: task.noLog ? hiddenMessage : message,
          ...defined({ done, total }),
        });
      const mayTakeOut = (): boolean => !play.budget.exceeded;
      if (acted instanceof UnknownValue) return Promise.resolve(skippedAsUnknown(acted, factsSetBy(task)));
      const target = acted.during({ signal, report, mayTakeOut, restoring: false });
      return callModule(call, target, variables, attempt);
    });
    return task.noLog ? hidden(outcome) : outcome;
  } catch (error) {
    if (parent.aborted) throw error;
    return task.noLog ? hidden(failureOf(error)) : failureOf(error);
  }
}
