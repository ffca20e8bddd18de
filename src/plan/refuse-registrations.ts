import type { AdfError } from '../errors/adf-error.js';
import {
  beingDrained,
  cannotBeRegistered,
  leftOut,
  portLeftOut,
  portNotPublished,
  targetUnusable,
} from '../errors/preflight.js';
import { isDrained, registrationKey, type TargetGroup } from '../model/registration.js';
import type { HostObservation, ObservedTargetGroup } from './observation.js';
import type { Places } from './places.js';
import { publishedPorts } from './planned-registrations.js';

interface ObservedPlaces extends ObservedTargetGroup {
  readonly places: Places;
}

/** The reasons against a host by its places in each target group. A fresh host is new: it cannot have been left out of one. */
export function refusalsOfRegistrations(
  observation: HostObservation,
  fresh: boolean,
  targetGroups: readonly ObservedPlaces[],
): readonly AdfError[] {
  const { host, to } = observation;
  return targetGroups.flatMap(({ targetGroup, places }) => {
    if (!to.registrations.some((registration) => registration.targetGroup === targetGroup.arn)) {
      return [cannotBeRegistered(host, targetGroup.name, targetGroup.targetType)];
    }
    // What a person took out was not left out.
    const missing = (observation.keptOut === true ? [] : places.leftOut(observation)).flatMap(
      ({ port, registered, of }) => {
        if (port !== undefined) return [portLeftOut(host, targetGroup.name, port, registered, of)];
        return fresh ? [] : [leftOut(host, targetGroup.name, registered, of)];
      },
    );
    return [
      ...missing,
      ...refusalsOfTargets(observation, targetGroup),
      ...refusalsOfPorts(observation, targetGroup),
    ];
  });
}

/** What the balancer does not use, or is letting go of, cannot be put in service; draining it would end in a timeout. */
function refusalsOfTargets(
  { host, registrations }: HostObservation,
  { arn, name, loadBalancers }: TargetGroup,
): readonly AdfError[] {
  const ours = registrations.filter(({ registration }) => registration.targetGroup === arn);
  return ours.flatMap((target) => {
    const { registration, state, reason } = target;
    if (state === 'draining') return [beingDrained(host, name, registration.port)];
    if (state !== 'unused' || isDrained(target)) return [];
    // That is said once, of the target group.
    if (reason === 'Target.NotInUse' && loadBalancers.length === 0) return [];
    return [targetUnusable(host, name, registration.port, reason)];
  });
}

/** Where a host is registered already, something may listen that is no container of it: only what is new must be published. */
function refusalsOfPorts(
  { host, to, registrations }: HostObservation,
  targetGroup: TargetGroup,
): readonly AdfError[] {
  const published = publishedPorts(to.containers, targetGroup);
  if (published === undefined) return [];
  const known = new Set(registrations.map(({ registration }) => registrationKey(registration)));
  return to.registrations
    .filter((one) => one.targetGroup === targetGroup.arn && !known.has(registrationKey(one)))
    .filter(({ port }) => !published.has(port))
    .map(({ port }) => portNotPublished(host, targetGroup.name, port, [...published]));
}
