import type { AccountId, GroupName, HoldId, Region } from '../ids.js';

/**
 * Processes of an Auto Scaling group that were suspended for the run, since they would have replaced a drained host: only those that were
 * running before, so that restoring resumes exactly them.
 */
export interface ScalingHold {
  readonly id: HoldId;
  readonly kind: 'scaling_group';
  readonly name: string;
  readonly group: GroupName;
  readonly processes: readonly string[];
  readonly region: Region;
  readonly account?: AccountId;
  readonly role?: string;
}
