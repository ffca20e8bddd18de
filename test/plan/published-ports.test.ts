import { expect, it } from 'vitest';
import { publishedPorts } from '../../src/plan/planned-registrations.js';
import { makeSpec, makeTargetGroup } from '../stages/plan-parts.js';

const spec = makeSpec({
  ports: [
    { hostPort: 53, containerPort: 53, protocol: 'udp' },
    { hostPort: 5060, containerPort: 5000, protocol: 'tcp' },
    { hostPort: 5061, containerPort: 5000, protocol: 'tcp', hostAddress: '10.0.0.1' },
    { hostPort: 5062, containerPort: 5000, protocol: 'tcp', hostAddress: '127.0.0.1' },
    { hostPort: 5063, containerPort: 5000, protocol: 'tcp', hostAddress: '::1' },
  ],
});

it.each([
  ['HTTP', [5060, 5061]],
  ['TLS', [5060, 5061]],
  ['UDP', [53]],
  ['QUIC', [53]],
  ['TCP_UDP', [53, 5060, 5061]],
  ['TCP_QUIC', [53, 5060, 5061]],
] as const)('a balancer that speaks %s reaches %j, and nothing on a loopback address', (protocol, ports) => {
  expect([...(publishedPorts([spec], makeTargetGroup('api', { protocol })) ?? [])]).toEqual(ports);
});
