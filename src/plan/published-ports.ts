import type { ContainerSpec, PortMapping } from '../model/container.js';
import type { TargetGroup } from '../model/registration.js';

/** A container as far as its ports go: a specification, or the template of one. */
export type Publishing = Pick<ContainerSpec, 'ports' | 'networks'>;

/**
 * The ports of a host on which a balancer of this target group reaches these containers. Undefined when nobody can tell: a
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
