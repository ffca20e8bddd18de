import { AdfError } from '../../errors/adf-error.js';
import { isUnreachable } from '../../errors/ssh.js';
import type { EventTask } from '../../events/event.js';
import type { RegisteredModule } from '../../modules/module.js';
import type { Task } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import type { TurnPlay } from '../roll/turn-play.js';

/**
 * Codes of what stops more than one task: the run's interlocks, its floor, its journal, its lease, its end. And of a command of which
 * it is not known how far it came: another attempt would be a second run of what must run once.
 */
const beyondTasks = ['command.interrupted', 'interlock.', 'floor.', 'journal.', 'lease.', 'play.', 'run.'];

/** No keyword of a task overrules it, and no other item or attempt would end better. */
export const isBeyondTask = (error: AdfError): boolean =>
  isUnreachable(error) ||
  (error.class !== 'failed' && error.class !== 'invalid') ||
  beyondTasks.some((prefix) => error.code.startsWith(prefix));

/** The task itself failed at what it does: `failed_when` may see it otherwise, and another attempt may end better. */
export const isOwnFailure = (error: AdfError): boolean => error.class === 'failed' && !isBeyondTask(error);

/** What a condition says when the data is not as it expects: a field that is not there, text that is no number. */
const dataErrors = ['expression.unknown_field', 'condition.type', 'condition.not_boolean'];

export const isDataError = (error: unknown): error is AdfError =>
  error instanceof AdfError && dataErrors.includes(error.code);

/** One task on one host: what all its items and attempts share. */
export interface TaskCall {
  readonly task: Task;
  readonly module: RegisteredModule;
  readonly event: EventTask;
  readonly session: HostSession;
  readonly play: TurnPlay;
  /** Aborted when the host's turn is cancelled. */
  readonly signal: AbortSignal;
}

/** Which of its attempts this is. */
export interface Attempt {
  /** The place of the item in the task's loop, from 0; absent without a loop. */
  readonly item?: number;
  /** From 1. */
  readonly attempt: number;
}
