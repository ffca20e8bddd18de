import type { Milliseconds } from './duration.js';
import type { EnvironmentName, GroupName } from './ids.js';

/** Who holds the locks of some groups. */
export interface LockReport {
  readonly environment: EnvironmentName;
  readonly groups: readonly GroupLock[];
}

export interface GroupLock {
  readonly group: GroupName;
  /** How often it was taken: it only rises. 0 when it never was. */
  readonly epoch: number;
  /** Absent when it is free. */
  readonly holder?: LockHolder;
}

export interface LockHolder {
  readonly run: string;
  readonly who: string;
  /** The build's page. */
  readonly link?: string;
  readonly heldFor: Milliseconds;
  /** Until it runs out, unless its run renews it. */
  readonly expiresIn: Milliseconds;
}

/** What became of the lock of one group that was to be released. */
export interface ReleasedLock extends GroupLock {
  /** It was taken from its holder, or from a run that still counts itself as its holder. */
  readonly forced: boolean;
}
