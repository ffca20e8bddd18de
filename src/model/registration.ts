import type { Milliseconds } from './duration.js';
import { targetGroupName, type Region, type TargetGroupArn } from './ids.js';

/** One place in the rotation: a target group, and the id and port under which it knows the target. */
export interface Registration {
  readonly targetGroup: TargetGroupArn;
  /** An instance id or an IP address, by the group's target type. */
  readonly id: string;
  readonly port: number;
  /** Only where it was given when registering (`all`, or a zone, for IP targets outside the VPC). */
  readonly zone?: string;
}

/** The states of ELBv2. Only `healthy` counts as in service. */
export type TargetState =
  'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable' | 'unhealthy.draining';

export interface TargetHealth {
  readonly registration: Registration;
  readonly state: TargetState;
  /** ELBv2's reason code: `Target.NotRegistered`, `Elb.RegistrationInProgress`, `Target.FailedHealthChecks` … */
  readonly reason?: string;
  readonly description?: string;
}

/** A target group with all that a roll must know of it. */
export interface TargetGroup {
  readonly arn: TargetGroupArn;
  readonly name: string;
  readonly region: Region;
  readonly protocol: string;
  readonly port: number;
  readonly targetType: 'instance' | 'ip' | 'lambda' | 'alb';
  /** The load balancers that use the group; none means that it takes no traffic. */
  readonly loadBalancers: readonly string[];
  readonly deregistrationDelay: Milliseconds;
  readonly slowStart: Milliseconds;
  /** False when each zone only reaches its own targets, so that none of them may become empty. */
  readonly crossZone: boolean;
}

/** The name of the target group a registration is in. */
export const targetGroupNameOf = ({ targetGroup }: Registration): string => targetGroupName(targetGroup);

/** Equality of registrations: group, id and port. */
export const registrationKey = ({ targetGroup, id, port }: Registration): string =>
  `${targetGroup}|${id}|${port}`;

/**
 * A drained target is `unused` because it is not registered; any other `unused` is a fault (the group has no
 * balancer, the zone is not enabled, the instance is stopped). Source: ELBv2 target health reason codes.
 */
export const isDrained = ({ state, reason }: TargetHealth): boolean =>
  state === 'unused' && reason === 'Target.NotRegistered';

/**
 * The health of exactly these. A balancer's full list leaves out what is not registered any more, so what is absent
 * from it is `unused` with `Target.NotRegistered`, as the balancer says when asked for that target by name.
 */
export function healthOfEach(
  registrations: readonly Registration[],
  targets: readonly TargetHealth[],
): readonly TargetHealth[] {
  const listed = new Map(targets.map((target) => [registrationKey(target.registration), target]));
  return registrations.map(
    (registration) =>
      listed.get(registrationKey(registration)) ?? {
        registration,
        state: 'unused',
        reason: 'Target.NotRegistered',
      },
  );
}
