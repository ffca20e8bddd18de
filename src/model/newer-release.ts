import type { EpochMilliseconds } from './duration.js';
import type { Host } from './host.js';
import type { GroupName } from './ids.js';

/** What a run that was started later has put on hosts of a group. */
export interface NewerRelease {
  readonly group: GroupName;
  readonly run: string;
  /** The label of its version. */
  readonly version?: string;
  /** Who started that run. */
  readonly by?: string;
  /** When that run was started, on the clock of the first of these hosts. */
  readonly startedAt?: EpochMilliseconds;
  /** It found there what it wanted, and rolled nothing. */
  readonly isConfirmed?: boolean;
  readonly hosts: readonly Host[];
}
