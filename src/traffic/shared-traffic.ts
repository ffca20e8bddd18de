import type { Milliseconds } from '../model/duration.js';
import type { Region, TargetGroupArn } from '../model/ids.js';
import type { Registration, TargetGroup, TargetHealth } from '../model/registration.js';
import type { Clock } from '../ports/clock.js';
import type { Traffic } from '../ports/traffic.js';

export interface SharedTrafficOptions {
  /** From one look at a target group to the next while someone waits. */
  readonly pollInterval?: Milliseconds;
  /** How long a mutation waits for others that can share its call. */
  readonly coalesce?: Milliseconds;
}

export interface UntilOptions {
  readonly timeout: Milliseconds;
  readonly signal?: AbortSignal;
  /** What is waited for: shown to the judge even when the balancer no longer lists it, and named on timeout. */
  readonly registrations?: readonly Registration[];
}

/** Gives an answer when the targets are as awaited, undefined to keep waiting; throws to give up at once. */
export type Judge<T> = (targets: readonly TargetHealth[]) => T | undefined;

/** The run's one way to target groups. */
export class SharedTraffic implements Traffic {
  constructor(
    private readonly traffic: Traffic,
    protected readonly clock: Clock,
    protected readonly options: SharedTrafficOptions = {},
  ) {}

  targetGroups(region: Region, names: readonly string[]): Promise<readonly TargetGroup[]> {
    return this.traffic.targetGroups(region, names);
  }

  targetGroupsInUse(region: Region): Promise<readonly TargetGroup[]> {
    return this.traffic.targetGroupsInUse(region);
  }

  health(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]> {
    return this.fresh(targetGroup);
  }

  healthOf(
    targetGroup: TargetGroupArn,
    registrations: readonly Registration[],
  ): Promise<readonly TargetHealth[]> {
    return this.traffic.healthOf(targetGroup, registrations);
  }

  register(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    return this.traffic.register(targetGroup, registrations);
  }

  deregister(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    return this.traffic.deregister(targetGroup, registrations);
  }

  /** A read that began after this call; callers at the same time share one. */
  fresh(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]> {
    return this.traffic.health(targetGroup);
  }

  /** Throws `traffic.timeout`. */
  until<T>(_targetGroup: TargetGroupArn, _judge: Judge<T>, _options: UntilOptions): Promise<T> {
    throw new Error('being built');
  }
}
