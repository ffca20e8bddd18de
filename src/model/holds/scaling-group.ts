import type { AccountId, GroupName, HoldId, Region } from '../ids.js';

/** What every hold has that is of no host. Its copy is on the thing itself. */
export interface CloudHoldBase {
  readonly id: HoldId;
  /** The group whose run took it, and under whose lease it is restored. */
  readonly group: GroupName;
  readonly region: Region;
  readonly account?: AccountId;
  readonly role?: string;
}

/**
 * Processes of an Auto Scaling group that were suspended for the run, since they would have replaced a drained host: only those that were
 * running before, so that restoring resumes exactly them.
 */
export interface ScalingHold extends CloudHoldBase {
  readonly kind: 'scaling_group';
  readonly name: string;
  readonly processes: readonly string[];
}
