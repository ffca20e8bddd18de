import type { AdfError } from '../errors/adf-error.js';
import { failedWhen } from '../errors/engine.js';
import { isOutcomeUnknown } from '../errors/modules.js';
import type { Variables } from '../expression/variables.js';
import type { ModuleResult } from '../modules/module.js';
import type { Task } from '../playbook/playbook.js';
import { allHoldOfResult } from './conditions.js';
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
  const failedBy = failureOfResult(task, session, scope, result.failure);
  const changed =
    task.changedWhen.length === 0
      ? result.changed
      : allHoldOfResult(task.changedWhen, scope, failedBy !== undefined) === true;
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

/** An outcome that nobody knows is a failure whatever `failed_when` says: it may have run, it may still run. */
function failureOfResult(
  { failedWhen: conditions }: Task,
  { host }: HostSession,
  scope: Variables,
  failure: AdfError | undefined,
): AdfError | undefined {
  if (conditions.length === 0 || isOutcomeUnknown(failure)) return failure;
  const holds = allHoldOfResult(conditions, scope, failure !== undefined);
  if (holds === false) return undefined;
  return failure ?? failedWhen(host, conditions.map(({ source }) => source).join(' and '));
}
