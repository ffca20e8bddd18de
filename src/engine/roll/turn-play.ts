import type { Layer } from '../../expression/scope.js';
import type { Variables } from '../../expression/variables.js';
import type { Play, PlayRollout, Position, RunOnceScope } from '../../playbook/playbook.js';
import { amountOf } from '../../model/settings.js';
import type { HostSession } from '../host-session.js';
import type { Throttles } from './throttle.js';
import type { RunOnce } from './run-once.js';

/**
 * How many hosts may fail before a play stops. Failed and unreachable count alike, over the whole run and the last host included:
 * those of earlier plays are among them. `max_failures` is a number of hosts, or a share of those of the run. `max_fail_percentage` is, as in
 * Ansible's strategies, what they may be in proportion to the batch that is under way. Both round down: 25% of 3 hosts is none.
 */
export class FailureBudget {
  readonly #percentage: number;
  readonly #most: number;
  #batch: number;
  #failed: number;

  /** `hosts` are those of the play and those that failed before it. */
  constructor(
    { maxFailPercentage, maxFailures }: Pick<PlayRollout, 'maxFailPercentage' | 'maxFailures'>,
    hosts: number,
    failedBefore: number,
  ) {
    this.#percentage = maxFailPercentage ?? Infinity;
    this.#most = maxFailures === undefined ? Infinity : amountOf(maxFailures, hosts);
    this.#batch = hosts;
    this.#failed = failedBefore;
  }

  /** Whether a batch of so many hosts may begin; from then on it is the one under way. A window has none: the whole play stands for it. */
  allowsBatchOf(hosts: number): boolean {
    this.#batch = hosts;
    return !this.exceeded;
  }

  /** One more host failed. Counted as it happens, so that a batch takes no further host out of service. */
  fail(): void {
    this.#failed += 1;
  }

  get exceeded(): boolean {
    return this.#failed > this.#most || this.#failed * 100 > this.#percentage * this.#batch;
  }
}

/** What the turns of one play share. */
export interface TurnPlay {
  readonly play: Play;
  /** Play vars and vars files, lowest first. */
  readonly layers: readonly Layer[];
  readonly base: (session: HostSession) => Variables;
  /** What the `run_once` tasks of each scope came to. */
  readonly runOnce: Readonly<Record<RunOnceScope, RunOnce>>;
  /** Who may run the tasks that have a `throttle`. */
  readonly throttles: Throttles;
  readonly budget: FailureBudget;
  /** No batch begins any more: `meta: end_play`. The turns that are under way go on. */
  readonly end: () => void;
  /** Hosts that failed before this task, or in earlier plays, have part in later plays again: `meta: clear_host_errors`. */
  readonly clearErrors: (at: Position) => void;
  /** False when failed hosts are left as they are: `on_failure: stop`, or after a one-way task. */
  readonly mayRestore: () => boolean;
}
