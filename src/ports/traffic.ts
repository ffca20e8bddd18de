import type { Registration, TargetGroup, TargetHealth } from '../model/registration.js';
import type { Region, TargetGroupArn } from '../model/ids.js';
import type { Tag } from '../model/tag.js';

/** Target groups, as the cloud tells and changes them. */
export interface Traffic {
  /** The groups of these names in a region. Throws `traffic.target_group_missing` that names what exists. */
  targetGroups(region: Region, names: readonly string[]): Promise<readonly TargetGroup[]>;
  /** Every target group of the region that a load balancer uses. */
  targetGroupsInUse(region: Region): Promise<readonly TargetGroup[]>;
  /** Every registered target of the group, and those still draining. */
  health(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]>;
  /** Health of exactly these; one that is not registered is `unused` with `Target.NotRegistered`. */
  healthOf(
    targetGroup: TargetGroupArn,
    registrations: readonly Registration[],
  ): Promise<readonly TargetHealth[]>;
  /** All of one target group. Registering what is registered is no error. */
  register(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void>;
  /** All of one target group. Deregistering what is absent is no error. */
  deregister(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void>;
  /** Every tag of the target group, whoever wrote it. */
  tags(targetGroup: TargetGroupArn): Promise<readonly Tag[]>;
  /** Writes these, over those of the same keys; all others stay. */
  tag(targetGroup: TargetGroupArn, tags: readonly Tag[]): Promise<void>;
  /** Removes the tags of these keys. Removing what is absent is no error. */
  untag(targetGroup: TargetGroupArn, keys: readonly string[]): Promise<void>;
}
