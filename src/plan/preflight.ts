import type { AdfError } from '../errors/adf-error.js';
import {
  diskFull,
  drainTimeoutTooShort,
  floorTooHigh,
  foreignContainer,
  inNoTargetGroup,
  leftOut,
  cannotBeRegistered,
  otherContainer,
  targetGroupUnused,
  wrongPlatform,
  zoneWouldBeEmpty,
} from '../errors/preflight.js';
import { label, type ContainerSpec, type ObservedContainer, type PortMapping } from '../model/container.js';
import type { Host } from '../model/host.js';
import type { TargetHealth } from '../model/registration.js';
import { formatPinnedImage } from '../model/release.js';
import { floorOf, formatAmount } from '../model/settings.js';
import { isRegistered } from './floor.js';
import type { GroupObservation, HostObservation, ObservedTargetGroup } from './observation.js';

/** A pull of anything needs at least this: below it the Engine itself starts to fail. */
const neededBytes = 100 * 1_048_576;

/** Everything that speaks against rolling this group, all at once; nothing means go. */
export function findRefusals(group: GroupObservation): readonly AdfError[] {
  return [
    ...group.hosts.flatMap((host) => refusalsOfHost(host, group)),
    ...group.targetGroups.flatMap((targetGroup) => refusalsOfTargetGroup(targetGroup, group)),
    ...refusalsOfSize(group),
  ];
}

/** A host that has never run this group's containers: nobody can have left it out of anything. */
export const isFresh = ({ containers, specs }: HostObservation, group: string): boolean =>
  !containers.some(
    (container) =>
      container.labels[label.group] === group || specs.some(({ name }) => name === container.name),
  );

function refusalsOfHost(observation: HostObservation, group: GroupObservation): readonly AdfError[] {
  const { host, runtime } = observation;
  const refusals: AdfError[] = [];
  if (runtime.freeBytes !== undefined && runtime.freeBytes < neededBytes) {
    refusals.push(diskFull(host, runtime.freeBytes, neededBytes));
  }
  const platform = `${runtime.os}/${runtime.architecture}`;
  const available = group.platforms.map(({ os, architecture }) => `${os}/${architecture}`);
  if (available.length > 0 && !available.includes(platform)) {
    refusals.push(wrongPlatform(host, platform, formatPinnedImage(group.release.image), available));
  }
  return [
    ...refusals,
    ...refusalsOfContainers(observation, group.group),
    ...refusalsOfRegistrations(observation, group),
  ];
}

/** Names and ports that the planned containers need, and who has them. */
function refusalsOfContainers(
  { host, containers, specs, adopt }: HostObservation,
  group: string,
): readonly AdfError[] {
  return containers.flatMap((container) => {
    const why = conflict(container, specs, group);
    if (why === undefined) return [];
    if (container.managedBy !== undefined) {
      return [
        foreignContainer(host, container.name, `${why} and is managed by ${container.managedBy}`, false),
      ];
    }
    if (adopt.has(container.name)) return [];
    const owner = container.labels[label.group];
    return owner === undefined
      ? [foreignContainer(host, container.name, why, true)]
      : [otherContainer(host, container.name, owner, why)];
  });
}

function conflict(
  container: ObservedContainer,
  specs: readonly ContainerSpec[],
  group: string,
): string | undefined {
  const isOfGroup = container.labels[label.group] === group;
  if (!isOfGroup && specs.some(({ name }) => name === container.name)) return 'has the name';
  // It is what the deploy replaces.
  if (isOfGroup && specs.some(({ name }) => name === container.labels[label.container])) return undefined;
  if (!container.running) return undefined;
  const port = specs
    .flatMap(({ ports }) => ports)
    .find((wanted) => container.ports.some((taken) => clash(wanted, taken)));
  return port === undefined ? undefined : `publishes port ${port.hostPort}`;
}

const clash = (a: PortMapping, b: PortMapping): boolean =>
  a.hostPort === b.hostPort &&
  a.protocol === b.protocol &&
  (a.hostAddress === undefined || b.hostAddress === undefined || a.hostAddress === b.hostAddress);

/** A host that is missing where its peers are was left out by somebody, unless it is new. */
function refusalsOfRegistrations(observation: HostObservation, group: GroupObservation): readonly AdfError[] {
  const { host, planned } = observation;
  return group.targetGroups.flatMap(({ targetGroup, targets }) => {
    if (!planned.some((registration) => registration.targetGroup === targetGroup.arn)) {
      return [cannotBeRegistered(host, targetGroup.name, targetGroup.targetType)];
    }
    const registered = new Set(targets.filter(isRegistered).map(({ registration }) => registration.id));
    const isIn = ({ targetIds }: Host): boolean => targetIds.some((id) => registered.has(id));
    const peers = group.peers.filter(({ id }) => id !== host.id);
    const present = peers.filter(isIn).length;
    if (present === 0 || isIn(host) || isFresh(observation, group.group)) return [];
    return [leftOut(host, targetGroup.name, present, peers.length)];
  });
}

function refusalsOfTargetGroup(
  observed: ObservedTargetGroup,
  { rollout, hosts, peers }: GroupObservation,
): readonly AdfError[] {
  const { targetGroup, targets } = observed;
  const refusals: AdfError[] = [];
  if (targetGroup.loadBalancers.length === 0) refusals.push(targetGroupUnused(targetGroup.name));
  if (rollout.drainTimeout !== 'default' && targetGroup.deregistrationDelay > rollout.drainTimeout) {
    refusals.push(
      drainTimeoutTooShort(targetGroup.name, targetGroup.deregistrationDelay, rollout.drainTimeout),
    );
  }
  const registered = targets.filter(isRegistered);
  const minimum = floorOf(rollout.minHealthy, registered.length);
  // A host is taken out with all its ports; one that has none in the group takes nothing from it.
  const most = Math.max(0, ...hosts.map(({ host }) => registered.filter(isOf(host)).length));
  if (most > 0 && minimum > registered.length - most) {
    refusals.push(
      floorTooHigh(
        `Target group "${targetGroup.name}"`,
        registered.length - most,
        minimum,
        formatAmount(rollout.minHealthy),
      ),
    );
  } else if (minimum > 0 && !targetGroup.crossZone) {
    const zones = emptiedZones(registered, hosts, peers);
    refusals.push(...zones.map((zone) => zoneWouldBeEmpty(targetGroup.name, zone)));
  }
  return refusals;
}

const isOf =
  ({ targetIds }: Host) =>
  ({ registration }: TargetHealth): boolean =>
    targetIds.includes(registration.id);

/** The zones in which a host of this run has the only targets, among all listed hosts of the group. */
function emptiedZones(
  registered: readonly TargetHealth[],
  hosts: readonly HostObservation[],
  peers: readonly Host[],
): readonly string[] {
  const present = peers.filter((peer) => registered.some(isOf(peer)));
  const zones = hosts.flatMap(({ host }) => {
    const { zone } = host;
    const alone = present.filter((peer) => peer.zone === zone).every(({ id }) => id === host.id);
    return zone !== undefined && alone && registered.some(isOf(host)) ? [zone] : [];
  });
  return [...new Set(zones)];
}

/** Without a load balancer the floor is over the hosts themselves; with `auto`, finding none is a mistake. */
function refusalsOfSize({
  group,
  hosts,
  peers,
  rollout,
  targetGroups,
  targetGroupChoice,
}: GroupObservation): readonly AdfError[] {
  if (targetGroups.length > 0) return [];
  if (targetGroupChoice.kind !== 'none') {
    const looked =
      targetGroupChoice.kind === 'auto'
        ? 'no target group that a load balancer uses has one of them on a published port'
        : `looked in ${targetGroupChoice.names.join(', ')}`;
    return [inNoTargetGroup(group, looked)];
  }
  const up = hosts.filter(({ containers, specs }) =>
    specs.some((spec) => containers.some(({ name, running }) => name === spec.name && running)),
  ).length;
  // Nobody looked at the hosts that --limit leaves out: they are not touched, and taken to be well.
  const running = up + peers.length - hosts.length;
  const minimum = floorOf(rollout.minHealthy, running);
  return up > 0 && minimum > running - 1
    ? [floorTooHigh(`Group "${group}"`, running - 1, minimum, formatAmount(rollout.minHealthy))]
    : [];
}
