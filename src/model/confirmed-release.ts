import type { EpochMilliseconds } from './duration.js';
import type { ContainerId } from './ids.js';

/**
 * What a run found on a host as it wanted it, and so left alone: the containers, which earlier runs started, are of this run's release too.
 * All moments are readings of the host's own clock.
 */
export interface ConfirmedRelease {
  readonly run: string;
  /** Who started the run. */
  readonly by: string;
  /** When the run was started. */
  readonly startedAt: EpochMilliseconds;
  /** When it had found that. */
  readonly at: EpochMilliseconds;
  readonly containers: readonly ContainerId[];
}
