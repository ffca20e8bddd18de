import { failedWhen } from '../errors/engine.js';
import type { Variables } from '../expression/variables.js';
import type { ModuleResult } from '../modules/module.js';
import type { Task } from '../playbook/playbook.js';
import { allHold } from './conditions.js';
import type { HostSession } from './host-session.js';
import type { TaskOutcome } from './task-outcome.js';
import { withResult } from './task-variables.js';

/** `failed_when` and `changed_when` have the last word on what the module found. */
export function judge(
  task: Task,
  session: HostSession,
  variables: Variables,
  result: ModuleResult,
): TaskOutcome {
  const values = {
    ...result.values,
    changed: result.changed,
    failed: result.failure !== undefined,
    skipped: false,
  };
  const scope = withResult(variables, task, values);
  const failedBy =
    task.failedWhen.length === 0
      ? result.failure
      : allHold(task.failedWhen, scope) === true
        ? (result.failure ??
          failedWhen(session.host, task.failedWhen.map(({ source }) => source).join(' and ')))
        : undefined;
  const changed = task.changedWhen.length === 0 ? result.changed : allHold(task.changedWhen, scope) === true;
  const registered = { ...values, changed, failed: failedBy !== undefined };
  const base: TaskOutcome = {
    status: failedBy !== undefined ? 'failed' : changed ? 'changed' : 'ok',
    registered,
  };
  return {
    ...base,
    ...(result.message === undefined ? {} : { message: result.message }),
    ...(result.diff === undefined ? {} : { diff: result.diff }),
    ...(result.output === undefined ? {} : { output: result.output }),
    ...(result.facts === undefined ? {} : { facts: result.facts }),
    ...(failedBy === undefined ? {} : { error: failedBy }),
  };
}
