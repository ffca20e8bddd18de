import type { EventTask } from '../../events/event.js';
import { UnknownValue } from '../../model/unknown.js';
import type { Task } from '../../playbook/playbook.js';
import type { TaskCounts } from '../tally.js';
import type { failureNames } from './task-arguments.js';
import { isBeyondTask } from './task-call.js';
import type { TaskOutcome } from './task-outcome.js';

/** Why a failure does not fail its host: a keyword lets it pass, or the `rescue` of a block begins. */
export type Excuse = 'ignored' | 'rescued';

export function excuseOf(
  { status, error }: TaskOutcome,
  task: Pick<Task, 'ignoreErrors' | 'ignoreUnreachable' | 'isRescued'>,
): Excuse | undefined {
  if (status === 'unreachable') return task.ignoreUnreachable ? 'ignored' : undefined;
  if (status !== 'failed') return undefined;
  if (task.ignoreErrors) return 'ignored';
  return task.isRescued && (error === undefined || !isBeyondTask(error)) ? 'rescued' : undefined;
}

/** As Ansible counts: an ignored failure is a task that is ok, one of a lost host a task that is skipped, and a rescued one is only that. */
export function countedAs(
  { status, registered }: TaskOutcome,
  excused: Excuse | undefined,
): readonly (keyof TaskCounts)[] {
  if (excused === undefined) return [status];
  if (excused === 'rescued') return ['rescued'];
  if (status === 'unreachable') return ['skipped', 'ignored'];
  const changed = !(registered instanceof UnknownValue) && registered['changed'] === true;
  return [changed ? 'changed' : 'ok', 'ignored'];
}

/** What the tasks of a rescue know of the failure. */
export const failureForRescue = (
  { registered }: TaskOutcome,
  { name, module }: EventTask,
): Readonly<Record<(typeof failureNames)[number], unknown>> => ({
  failed_task: { name, module },
  failed_result: registered,
});
