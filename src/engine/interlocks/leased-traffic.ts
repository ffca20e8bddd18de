import type { Registration, TargetGroup, TargetHealth } from '../../model/registration.js';
import type { Region, TargetGroupArn } from '../../model/ids.js';
import type { Tag } from '../../model/tag.js';
import type { Traffic } from '../../ports/traffic.js';
import type { MutationGate } from './mutation-gate.js';

/**
 * Below the shared traffic, where a mutation really goes out: one that was queued, or outlasted throttling, may have begun before
 * the lease's deadline and must not start past it. AWS calls cannot be fenced otherwise. Who may restore only is kept apart above.
 */
export class LeasedTraffic implements Traffic {
  readonly #traffic: Traffic;
  readonly #gate: MutationGate;

  constructor(traffic: Traffic, gate: MutationGate) {
    this.#traffic = traffic;
    this.#gate = gate;
  }

  targetGroups(region: Region, names: readonly string[]): Promise<readonly TargetGroup[]> {
    return this.#traffic.targetGroups(region, names);
  }

  targetGroupsInUse(region: Region): Promise<readonly TargetGroup[]> {
    return this.#traffic.targetGroupsInUse(region);
  }

  health(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]> {
    return this.#traffic.health(targetGroup);
  }

  healthOf(
    targetGroup: TargetGroupArn,
    registrations: readonly Registration[],
  ): Promise<readonly TargetHealth[]> {
    return this.#traffic.healthOf(targetGroup, registrations);
  }

  async register(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    this.#gate.requireLeases(`register in ${targetGroup}`, true);
    return this.#traffic.register(targetGroup, registrations);
  }

  async deregister(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    this.#gate.requireLeases(`deregister from ${targetGroup}`, true);
    return this.#traffic.deregister(targetGroup, registrations);
  }

  tags(targetGroup: TargetGroupArn): Promise<readonly Tag[]> {
    return this.#traffic.tags(targetGroup);
  }

  async tag(targetGroup: TargetGroupArn, tags: readonly Tag[]): Promise<void> {
    this.#gate.requireLeases(`tag ${targetGroup}`, true);
    return this.#traffic.tag(targetGroup, tags);
  }

  async untag(targetGroup: TargetGroupArn, keys: readonly string[]): Promise<void> {
    this.#gate.requireLeases(`untag ${targetGroup}`, true);
    return this.#traffic.untag(targetGroup, keys);
  }
}
