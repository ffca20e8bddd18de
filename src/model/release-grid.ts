import type { EpochMilliseconds } from './duration.js';
import type { EnvironmentName } from './ids.js';
import type { ResultError } from './run-result.js';
import type { GroupStatus } from './status-report.js';

/** What runs where: all groups of several environments, as their hosts and load balancers tell it. */
export interface ReleaseGrid {
  readonly environments: readonly GridEnvironment[];
}

export interface GridEnvironment {
  readonly environment: EnvironmentName;
  /** When it was asked; absent when it could not be. */
  readonly at?: EpochMilliseconds;
  readonly groups: readonly GroupStatus[];
  /** Why nothing is known of it; it has no groups then. */
  readonly error?: ResultError;
}
