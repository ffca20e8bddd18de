import type { Region, TargetGroupArn } from '../model/ids.js';
import type { Registration, TargetGroup, TargetHealth } from '../model/registration.js';
import type { Listener, ListenerRule, Page } from '../model/listener.js';
import type { Tag } from '../model/tag.js';

/** Auto Scaling groups, as the cloud tells and changes them. */
export interface ScalingGroups {
  /** Those that are there; unknown names are left out. */
  describe(region: Region, names: readonly string[]): Promise<readonly ScalingGroup[]>;
  /** Suspending what is suspended is no error. */
  suspend(region: Region, name: string, processes: readonly string[]): Promise<void>;
  /** Resuming what runs is no error. */
  resume(region: Region, name: string, processes: readonly string[]): Promise<void>;
  /** Sets the tag `key` on the group (not on its instances), or takes it off when `value` is undefined. */
  tag(region: Region, name: string, key: string, value: string | undefined): Promise<void>;
}

export interface ScalingGroup {
  readonly name: string;
  readonly region: Region;
  /** `ELB` means that it replaces instances that a load balancer calls unhealthy. */
  readonly healthCheckTypes: readonly string[];
  readonly suspendedProcesses: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The rules by which listeners of load balancers forward to target groups, or answer by themselves. */
export interface ListenerRules {
  /** Every listener of these load balancers, given by their ARNs, with its rules and their tags. */
  listeners(loadBalancers: readonly string[]): Promise<readonly Listener[]>;
  /**
   * Makes a rule that answers 503 with a page, for the requests that fit these conditions; for all where there are none. Throws
   * `aws.priority_in_use`.
   */
  answer(
    listener: Pick<Listener, 'arn' | 'region'>,
    rule: Pick<ListenerRule, 'conditions' | 'tags'> & { readonly priority: number },
    page: Page,
  ): Promise<void>;
  /** Removing what is absent is no error. */
  remove(listener: Pick<Listener, 'region'>, rule: Pick<ListenerRule, 'arn'>): Promise<void>;
}

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
  /** Every tag of the target group, also those of others. */
  tags(targetGroup: TargetGroupArn): Promise<readonly Tag[]>;
  /** Writes these, over those of the same keys; all others stay. */
  tag(targetGroup: TargetGroupArn, tags: readonly Tag[]): Promise<void>;
  /** Removes the tags of these keys. Removing what is absent is no error. */
  untag(targetGroup: TargetGroupArn, keys: readonly string[]): Promise<void>;
}
