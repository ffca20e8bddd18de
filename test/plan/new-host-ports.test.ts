import { describe, expect, it } from 'vitest';
import type { PortMapping } from '../../src/model/container.js';
import type { TargetGroup } from '../../src/model/registration.js';
import { plannedRegistrations } from '../../src/plan/planned-registrations.js';
import { findRefusals } from '../../src/plan/preflight.js';
import type { HostObservation } from '../../src/plan/observation.js';
import { makeHost } from '../fakes/make-host.js';
import {
  gone,
  makeRegistration,
  makeSpec,
  makeTargetGroup,
  observeGroup,
  observeHost,
  target,
  type GivenHost,
} from '../stages/plan-parts.js';

const host = makeHost('i-1', { targetIds: ['i-1', '10.0.0.1'] });
const peers = [host, makeHost('i-2'), makeHost('i-3')];
const on = (id: string, port: number) => target(makeRegistration(id, 'api-http', port));

const mapping = (hostPort: number, given: Partial<PortMapping> = {}): PortMapping => ({
  hostPort,
  containerPort: 5000,
  protocol: 'tcp',
  ...given,
});

interface Given {
  readonly targets?: Parameters<typeof plannedRegistrations>[2];
  readonly ports: readonly PortMapping[];
  readonly networks?: readonly string[];
  readonly group?: Partial<TargetGroup>;
}

/** The ports a host that is in the target group with nothing will be registered on. */
const portsOf = ({ targets = [], ports, networks = [], group = {} }: Given): readonly number[] =>
  plannedRegistrations(host, makeTargetGroup('api-http', group), targets, [], {
    peers,
    containers: [makeSpec({ ports, networks })],
  }).map(({ port }) => port);

describe('a new host is registered', () => {
  it('on the ports of the listed hosts, not on those of other fleets in the same target group', () => {
    const targets = [on('i-2', 5060), on('x-1', 7000), on('x-2', 7000)];
    expect(portsOf({ targets, ports: [mapping(5060), mapping(7000)] })).toEqual([5060]);
  });

  it('not where a peer is being drained or was taken out', () => {
    const targets = [
      on('i-2', 5060),
      target(makeRegistration('i-3', 'api-http', 5070), 'draining'),
      gone(makeRegistration('i-3', 'api-http', 5080)),
    ];
    expect(portsOf({ targets, ports: [mapping(5060), mapping(5070), mapping(5080)] })).toEqual([5060]);
  });

  it('on those ports of its peers that its containers publish', () => {
    const targets = [on('i-2', 5060), on('i-2', 9999), on('i-3', 5070)];
    expect(portsOf({ targets, ports: [mapping(5060), mapping(5070)] })).toEqual([5060, 5070]);
  });

  it('where its peers are when nothing publishes any of their ports, so that it can be refused by them', () => {
    expect(portsOf({ targets: [on('i-2', 443)], ports: [mapping(5060)] })).toEqual([443]);
  });

  it.each<[string, number, Given]>([
    ["the target group's own when it is published", 80, { ports: [mapping(80), mapping(5060)] }],
    ['the single published one', 5060, { ports: [mapping(5060)] }],
    [
      'the single one that a balancer can reach',
      5060,
      { ports: [mapping(5060), mapping(9, { hostAddress: '127.0.0.1' })] },
    ],
    [
      "the single one of the target group's protocol",
      5060,
      { ports: [mapping(5060), mapping(53, { protocol: 'udp' })] },
    ],
    [
      'that of UDP in a group of UDP',
      53,
      { ports: [mapping(5060), mapping(53, { protocol: 'udp' })], group: { protocol: 'UDP' } },
    ],
    ["the target group's own when there are several", 80, { ports: [mapping(5060), mapping(5070)] }],
    ["the target group's own on the host's own network", 80, { ports: [], networks: ['host'] }],
  ])('as the first there on %s', (_, port, given) => {
    expect(portsOf(given)).toEqual([port]);
  });
});

describe('a port that no container publishes', () => {
  const planned = (port: number, { to, ...given }: GivenHost = {}): HostObservation =>
    observeHost('i-1', {
      containers: [],
      registrations: [],
      to: { registrations: [makeRegistration('i-1', 'api-http', port)], ...to },
      ...given,
    });

  it('is refused for a new registration, with the ports that there are', () => {
    expect(findRefusals(observeGroup([planned(80)]))).toMatchObject([
      {
        code: 'preflight.port_not_published',
        class: 'refused',
        host: 'i-1',
        message:
          'i-1 would be registered in target group "api-http" on port 80, which none of its containers publishes; they publish 5060.',
        hint: 'Publish that port under container.ports; or create the target group with a port that is published; or register the host on the right port by hand: where it is registered, it stays.',
      },
    ]);
  });

  it('is said so when nothing is published at all', () => {
    const [refusal] = findRefusals(
      observeGroup([planned(80, { to: { containers: [makeSpec({ ports: [] })] } })]),
    );
    expect(refusal?.message).toBe(
      'i-1 would be registered in target group "api-http" on port 80, which none of its containers publishes; they publish no port.',
    );
  });

  it('is no reason to refuse a host that is registered on it already: something else may listen there', () => {
    const there = makeRegistration('i-1', 'api-http', 80);
    const proxied = (state: 'healthy' | 'unhealthy') =>
      observeGroup([planned(80, { registrations: [target(there, state)] }), observeHost('i-2')]);
    const codes = (state: 'healthy' | 'unhealthy') => findRefusals(proxied(state)).map(({ code }) => code);
    expect(codes('healthy')).toEqual([]);
    expect(codes('unhealthy')).toEqual([]);
    // Held by this run: it was there, and goes back there.
    expect(findRefusals(observeGroup([planned(80, { registrations: [gone(there)] })]))).toEqual([]);
  });

  it("is none that anybody could tell of on the host's own network", () => {
    const containers = [makeSpec({ ports: [], networks: ['host'] })];
    expect(findRefusals(observeGroup([planned(80, { to: { containers } })]))).toEqual([]);
  });

  it('is not refused when it is published', () => {
    expect(findRefusals(observeGroup([planned(5060)]))).toEqual([]);
  });
});
