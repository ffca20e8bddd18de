import type { EventTask } from '../../events/event.js';
import type { RegisteredModule } from '../../modules/module.js';
import type { Task } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import type { TurnPlay } from '../roll/turn-play.js';

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
