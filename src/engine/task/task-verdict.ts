import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { failedWhen } from '../../errors/engine.js';
import { isUnreachable } from '../../errors/ssh.js';
import type { Variables } from '../../expression/variables.js';
import { defined } from '../../model/defined.js';
import type { ModuleResult } from '../../modules/module.js';
import type { Task } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { allHoldOfResult } from './conditions.js';
import { isOwnFailure } from './task-call.js';
import { failureOf, type TaskOutcome } from './task-outcome.js';
import { withResult } from './task-variables.js';

/** `failed_when` and `changed_when` have the last word on what the module found. */
export function judge(
  task: Task,
  session: HostSession,
  variables: Variables,
  result: ModuleResult,
): TaskOutcome {
  const { rc } = result.values;
  const values = {
    ...result.values,
    changed: result.changed,
    failed: result.failure !== undefined,
    skipped: result.skipped ?? false,
  };
  const scope = withResult(variables, task, values);
  const failedBy = failureOfResult(task, session, scope, result);
  const unreachable = isUnreachable(failedBy);
  const changed =
    task.changedWhen.length === 0
      ? result.changed
      : allHoldOfResult(task.changedWhen, scope, failedBy !== undefined) === true;
  const failed = failedBy !== undefined;
  const quiet = values.skipped ? 'skipped' : 'ok';
  const base: TaskOutcome = {
    status: unreachable ? 'unreachable' : failed ? 'failed' : changed ? 'changed' : quiet,
    registered: { ...values, changed, failed, ...(unreachable ? { unreachable } : {}) },
  };
  return {
    ...base,
    ...(base.status === 'skipped' ? { hadNothingToDo: true } : {}),
    ...defined({
      message: result.message,
      diff: result.diff,
      output: result.output,
      rc: typeof rc === 'number' ? rc : undefined,
      facts: result.facts,
      included: result.included,
      error: failedBy,
    }),
  };
}

/** The same for what a module throws: its own failures are judged, all others stand as they are. */
export function judgeThrown(
  task: Task,
  session: HostSession,
  variables: Variables,
  thrown: unknown,
): TaskOutcome {
  const [failure] = errorsOf(thrown);
  const isJudged = task.failedWhen.length > 0 || task.changedWhen.length > 0;
  if (!isJudged || !isOwnFailure(failure)) return failureOf(thrown);
  return judge(task, session, variables, { changed: false, values: { msg: failure.message }, failure });
}

/**
 * What was killed, ran out of time or has an unknown outcome is a failure whatever `failed_when` says: that is about
 * commands that came to their own end.
 */
function failureOfResult(
  { failedWhen: conditions }: Task,
  { host }: HostSession,
  scope: Variables,
  { failure, unfinished = false }: ModuleResult,
): AdfError | undefined {
  if (conditions.length === 0 || (failure !== undefined && unfinished)) return failure;
  const holds = allHoldOfResult(conditions, scope, failure !== undefined);
  if (holds === false) return undefined;
  return failure ?? failedWhen(host, conditions.map(({ source }) => source).join(' and '));
}
