import type { Layer } from '../../expression/scope.js';
import type { Variables } from '../../expression/variables.js';
import type { Play } from '../../playbook/playbook.js';
import type { FailureBudget } from './failure-budget.js';
import type { HostSession } from '../host-session.js';
import type { RunOnce } from './run-once.js';

/** What the turns of one play share. */
export interface TurnPlay {
  readonly play: Play;
  /** Play vars and vars files, lowest first. */
  readonly layers: readonly Layer[];
  readonly base: (session: HostSession) => Variables;
  readonly runOnce: RunOnce;
  readonly budget: FailureBudget;
  /** No batch begins any more: `meta: end_play`. The turns that are under way go on. */
  readonly end: () => void;
  /** False when failed hosts are left as they are: `on_failure: stop`, or after a one-way task. */
  readonly mayRestore: () => boolean;
}
