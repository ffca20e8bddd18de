import type { AdfError } from '../errors/adf-error.js';
import {
  drainTimeoutTooShort,
  floorTooHigh,
  inNoTargetGroup,
  targetGroupUnused,
  zoneNotKnown,
  zoneWouldBeEmpty,
} from '../errors/preflight.js';
import type { Host } from '../model/host.js';
import { floorOf, formatAmount } from '../model/settings.js';
import { runs } from './allowance.js';
import { whyNotConverged } from './convergence.js';
import { floorFor, isRegistered } from './floor.js';
import type { GroupObservation, HostObservation, ObservedTargetGroup } from './observation.js';
import { Rotation, Taken, zonesOf } from './rotation.js';

/** The reasons against a roll as such: no target group, one that cannot be rolled through, or a floor that no roll can keep. */
export const refusalsOfFloor = (group: GroupObservation): readonly AdfError[] =>
  group.targetGroups.length > 0
    ? group.targetGroups.flatMap((observed) => refusalsOfTargetGroup(observed, group))
    : refusalsOfHosts(group);

function refusalsOfTargetGroup(observed: ObservedTargetGroup, group: GroupObservation): readonly AdfError[] {
  const { targetGroup } = observed;
  const { drainTimeout } = group.rollout;
  const refusals: AdfError[] = [];
  if (targetGroup.loadBalancers.length === 0) refusals.push(targetGroupUnused(targetGroup.name));
  if (drainTimeout !== 'default' && targetGroup.deregistrationDelay > drainTimeout) {
    refusals.push(drainTimeoutTooShort(targetGroup.name, targetGroup.deregistrationDelay, drainTimeout));
  }
  return [...refusals, ...refusalsOfDrains(observed, group)];
}

/** Judges each host's drain as the roll will, at the best there can be: with every registered target in service, and no host out. */
function refusalsOfDrains(
  { targetGroup, targets }: ObservedTargetGroup,
  { hosts, peers, rollout: { minHealthy } }: GroupObservation,
): readonly AdfError[] {
  const registered = targets.filter(isRegistered);
  const atBest = registered.map((target) => ({ ...target, state: 'healthy' as const }));
  const floor = floorFor(targetGroup, registered, minHealthy);
  const rotation = new Rotation(floor, atBest, new Set(), zonesOf(peers));
  const zones = new Set<string>();
  const nowhere: Host[] = [];
  let most = 0;
  for (const { host } of hosts.filter(isToBeRolled)) {
    // A host is taken out with all its ports; one that has none in the group takes nothing from it.
    const wanted = rotation.of(host.targetIds);
    const verdict = rotation.judge(wanted, new Taken());
    if (verdict.allowed) continue;
    if (verdict.zoneUnknown === true) nowhere.push(host);
    else if (verdict.zone === undefined) most = Math.max(most, wanted.length);
    else zones.add(verdict.zone);
  }
  if (nowhere.length > 0) return [zoneNotKnown(targetGroup.name, nowhere)];
  if (most === 0) return [...zones].map((zone) => zoneWouldBeEmpty(targetGroup.name, zone));
  const left = registered.length - most;
  const what = `Target group "${targetGroup.name}"`;
  return [floorTooHigh(what, left, floor.minimum, formatAmount(minHealthy))];
}

/** The floor is asked for hosts that will be taken out: a group that is converged may be as small as it likes. */
const isToBeRolled = (host: HostObservation): boolean => whyNotConverged(host).length > 0;

/** Without a load balancer the floor is over the hosts themselves; with `auto`, finding none is a mistake. */
function refusalsOfHosts({
  group,
  hosts,
  peers,
  rollout,
  targetGroupChoice,
}: GroupObservation): readonly AdfError[] {
  if (targetGroupChoice.kind !== 'none') {
    const looked =
      targetGroupChoice.kind === 'auto'
        ? 'no target group that a load balancer uses has one of them on a published port'
        : `looked in ${targetGroupChoice.names.join(', ')}`;
    return [inNoTargetGroup(group, looked)];
  }
  // At the best there can be, with all of them up: what is down now is rolled first, and costs nothing.
  const minimum = floorOf(rollout.minHealthy, peers.length);
  return hosts.some((host) => runs(host) && isToBeRolled(host)) && minimum > peers.length - 1
    ? [floorTooHigh(`Group "${group}"`, peers.length - 1, minimum, formatAmount(rollout.minHealthy))]
    : [];
}
