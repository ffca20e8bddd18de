import type { ContainerSpec, PortMapping } from '../model/container.js';
import type { Host } from '../model/host.js';
import {
  isDrained,
  registrationKey,
  type Registration,
  type TargetGroup,
  type TargetHealth,
} from '../model/registration.js';

/** A container as far as its ports go: a specification, or the template of one. */
export type Publishing = Pick<ContainerSpec, 'ports' | 'networks'>;

/**
 * The ports of a host on which a balancer of this target group reaches these containers. Undefined when that is unknown: a
 * container on the host's own network opens what it likes.
 */
export function publishedPorts(
  containers: readonly Publishing[],
  targetGroup: Pick<TargetGroup, 'protocol'>,
): ReadonlySet<number> | undefined {
  if (containers.some(({ networks }) => networks.includes('host'))) return undefined;
  const protocols = protocolsOf(targetGroup);
  return new Set(
    containers
      .flatMap(({ ports }) => ports)
      .filter(
        (mapping) => protocols.includes(mapping.protocol) && !isLoopback(mapping) && mapping.hostPort > 0,
      )
      .map(({ hostPort }) => hostPort),
  );
}

/** Source: the protocols of ELBv2 target groups. */
function protocolsOf({ protocol }: Pick<TargetGroup, 'protocol'>): readonly PortMapping['protocol'][] {
  if (protocol === 'UDP' || protocol === 'QUIC') return ['udp'];
  return protocol === 'TCP_UDP' || protocol === 'TCP_QUIC' ? ['tcp', 'udp'] : ['tcp'];
}

const isLoopback = ({ hostAddress }: PortMapping): boolean =>
  hostAddress !== undefined && (hostAddress.startsWith('127.') || hostAddress === '::1');

/** Every host of a fleet asks of the same answer of the balancer: it is sorted once, not gone through for each. */
const sorted = new WeakMap<readonly TargetHealth[], ReadonlyMap<string, readonly TargetHealth[]>>();

/** The targets that are known under any of these ids, in the order of the ids. */
export function targetsUnder(
  ids: readonly string[],
  targets: readonly TargetHealth[],
): readonly TargetHealth[] {
  const known = sorted.get(targets) ?? Map.groupBy(targets, ({ registration }) => registration.id);
  sorted.set(targets, known);
  return ids.flatMap((id) => known.get(id) ?? []);
}

/** The group that a host is of, as far as its places in target groups go. */
export interface Fleet {
  /** All its listed hosts, whatever `--limit`. */
  readonly peers: readonly Host[];
  readonly containers: readonly Publishing[];
}

/**
 * Where a host belongs in one target group: where it is, and in the `places` that it is known to have (held, or planned). A host that is new there goes where its listed peers
 * are, on those of their ports that its containers publish; when there are none, on the target group's own port if that is
 * published, else on the one that is. What nothing publishes is left to preflight to refuse. Without a fleet, every other
 * target is a peer, and nothing is known of what is published.
 */
export function plannedRegistrations(
  host: Host,
  targetGroup: TargetGroup,
  targets: readonly TargetHealth[],
  places: readonly Registration[],
  fleet?: Fleet,
): readonly Registration[] {
  const own = targetsUnder(host.targetIds, targets)
    .filter((target) => !isDrained(target))
    .map(({ registration }) => registration);
  const known = uniqueRegistrations([...places.filter((r) => r.targetGroup === targetGroup.arn), ...own]);
  if (known.length > 0) return known;
  const id = targetIdFor(host, targetGroup);
  if (id === undefined) return [];
  const published = fleet === undefined ? undefined : publishedPorts(fleet.containers, targetGroup);
  const peers = portsOfPeers(targets, fleet?.peers);
  const ports = peers.length > 0 ? narrow(peers, published) : [firstPort(targetGroup, published)];
  return ports.map((port) => ({ targetGroup: targetGroup.arn, id, port }));
}

/** Those that are published; all, when none is: something else listens there, or a refusal has to name them. */
function narrow(ports: readonly number[], published: ReadonlySet<number> | undefined): readonly number[] {
  const reached = ports.filter((port) => published?.has(port) ?? true);
  return reached.length > 0 ? reached : ports;
}

function firstPort({ port }: TargetGroup, published: ReadonlySet<number> | undefined): number {
  const [only, ...others] = published ?? [];
  return only === undefined || others.length > 0 || published?.has(port) === true ? port : only;
}

/** As with targets by id: the same for every new host of a fleet, so it is found once. */
const found = new WeakMap<readonly TargetHealth[], WeakMap<readonly Host[], readonly number[]>>();

/** On which ports the peers are registered; one that is on its way out tells nothing. */
function portsOfPeers(
  targets: readonly TargetHealth[],
  peers: readonly Host[] | undefined,
): readonly number[] {
  if (peers === undefined) return portsOf(targets);
  const perFleet = found.get(targets) ?? new WeakMap<readonly Host[], readonly number[]>();
  found.set(targets, perFleet);
  const ports =
    perFleet.get(peers) ?? portsOf(peers.flatMap(({ targetIds }) => targetsUnder(targetIds, targets)));
  perFleet.set(peers, ports);
  return ports;
}

const portsOf = (targets: readonly TargetHealth[]): readonly number[] => [
  ...new Set(
    targets
      .filter((target) => !isDrained(target) && target.state !== 'draining')
      .map(({ registration }) => registration.port)
      .sort((a, b) => a - b),
  ),
];

/** The id under which a group of this target type knows the host: its instance id, or the first of its IP addresses. */
function targetIdFor(host: Host, { targetType }: TargetGroup): string | undefined {
  if (targetType === 'instance') return host.targetIds.find((id) => id.startsWith('i-'));
  if (targetType === 'ip') return host.targetIds.find((id) => !id.startsWith('i-'));
  return undefined;
}

export function uniqueRegistrations(registrations: readonly Registration[]): readonly Registration[] {
  return [
    ...new Map(registrations.map((registration) => [registrationKey(registration), registration])).values(),
  ];
}
