import { describe, expect, it } from 'vitest';
import type { ContainerSpec, PortMapping } from '../../src/model/container.js';
import type { TargetState } from '../../src/model/registration.js';
import type { GroupObservation, HostObservation } from '../../src/plan/observation.js';
import { findRefusals } from '../../src/plan/preflight.js';
import {
  makeRegistration,
  makeSpec,
  makeTargetGroup,
  observeGroup,
  observeHost,
  target,
} from '../stages/plan-parts.js';

const publishing = (...ports: readonly number[]): readonly ContainerSpec[] => [
  makeSpec({
    ports: ports.map((hostPort): PortMapping => ({ hostPort, containerPort: 1, protocol: 'tcp' })),
  }),
];

/** A host that is registered on these ports, and publishes them and `alsoPublished`. */
function onPorts(
  id: string,
  ports: readonly number[],
  { specs = publishing(5060, 5070), state = 'healthy', group = 'api-http' }: Layout = {},
): HostObservation {
  const planned = ports.map((port) => makeRegistration(id, group, port));
  return observeHost(id, {
    to: { containers: specs, registrations: planned },
    registrations: planned.map((one) => target(one, state)),
  });
}

interface Layout {
  readonly specs?: readonly ContainerSpec[];
  readonly state?: TargetState;
  readonly group?: string;
}

const found = (group: GroupObservation): readonly string[] =>
  findRefusals(group).map(({ message }) => message);
const both = [5060, 5070];

describe('a host that lost one of its registrations', () => {
  it('is refused by its name and the port, since its peers have it', () => {
    const group = observeGroup([
      onPorts('i-1', both),
      onPorts('i-2', [5060]),
      onPorts('i-3', both),
      onPorts('i-4', both),
    ]);
    expect(findRefusals(group)).toMatchObject([
      {
        code: 'preflight.left_out',
        class: 'refused',
        host: 'i-2',
        message:
          'i-2:5070 is not registered in target group "api-http", where 3 of its 3 registered peers are on that port.',
      },
    ]);
  });

  it('is refused when it is one of several, as long as most of the group have it', () => {
    const hosts = [
      onPorts('i-1', both),
      onPorts('i-2', [5060]),
      onPorts('i-3', [5060]),
      onPorts('i-4', both),
      onPorts('i-5', both),
    ];
    expect(findRefusals(observeGroup(hosts)).map(({ host }) => host)).toEqual(['i-2', 'i-3']);
  });

  it('is refused once for each port it lost, and per target group', () => {
    const admin = { group: 'api-admin' };
    const hosts = ['i-1', 'i-2', 'i-3'].map((id) => {
      const web = onPorts(id, id === 'i-2' ? [5060] : [5060, 5070, 5080]);
      const second = onPorts(id, id === 'i-3' ? [5070] : both, admin);
      return {
        ...web,
        to: { ...web.to, registrations: [...web.to.registrations, ...second.to.registrations] },
        registrations: [...web.registrations, ...second.registrations],
      };
    });
    const targets = hosts.flatMap(({ registrations }) => registrations);
    const of = (name: string) => {
      const targetGroup = makeTargetGroup(name);
      const ours = targets.filter(({ registration }) => registration.targetGroup === targetGroup.arn);
      return { targetGroup, targets: ours };
    };
    const messages = found(observeGroup(hosts, { targetGroups: [of('api-http'), of('api-admin')] }));
    expect(messages.map((message) => message.split(',')[0])).toEqual([
      'i-2:5070 is not registered in target group "api-http"',
      'i-3:5060 is not registered in target group "api-admin"',
    ]);
  });

  it('is refused where nothing publishes the ports, as behind a proxy of the host', () => {
    const specs = publishing(9000);
    const hosts = [
      onPorts('i-1', [80, 443], { specs }),
      onPorts('i-2', [80], { specs }),
      onPorts('i-3', [80, 443], { specs }),
    ];
    expect(found(observeGroup(hosts))).toEqual([
      'i-2:443 is not registered in target group "api-http", where 2 of its 2 registered peers are on that port.',
    ]);
  });

  it('is refused when it is unhealthy where it still is', () => {
    const hosts = [
      onPorts('i-1', both),
      onPorts('i-2', [5060], { state: 'unhealthy' }),
      onPorts('i-3', both),
    ];
    expect(findRefusals(observeGroup(hosts)).map(({ host }) => host)).toEqual(['i-2']);
  });
});

describe('hosts that are registered on different ports', () => {
  it.each<[string, readonly HostObservation[]]>([
    ['each on its own', [onPorts('i-1', [1]), onPorts('i-2', [2]), onPorts('i-3', [3])]],
    [
      'one on another than the rest',
      [onPorts('i-1', [1]), onPorts('i-2', [1]), onPorts('i-3', [1]), onPorts('i-4', [2])],
    ],
    ['one on more than the rest', [onPorts('i-1', both), onPorts('i-2', [5060]), onPorts('i-3', [5060])]],
    [
      'one on fewer, which publishes fewer',
      [onPorts('i-1', both), onPorts('i-2', [5060], { specs: publishing(5060) }), onPorts('i-3', both)],
    ],
    [
      'in two halves',
      [onPorts('i-1', both), onPorts('i-2', both), onPorts('i-3', [5060]), onPorts('i-4', [5060])],
    ],
    ['all on the same', [onPorts('i-1', both), onPorts('i-2', both)]],
  ])('are not refused: %s', (_, hosts) => {
    expect(found(observeGroup(hosts))).toEqual([]);
  });

  it('are judged by the listed hosts, not by other fleets in the same target group', () => {
    const hosts = [onPorts('i-1', [5060]), onPorts('i-2', [5060]), onPorts('i-3', [5060])];
    const others = ['x-1', 'x-2', 'x-3', 'x-4'].flatMap((id) => onPorts(id, both).registrations);
    const group = observeGroup(hosts);
    const targetGroups = group.targetGroups.map((one) => ({ ...one, targets: [...one.targets, ...others] }));
    expect(found({ ...group, targetGroups })).toEqual([]);
  });

  it('are not judged by a registration that a peer is being drained from', () => {
    const hosts = [onPorts('i-1', [5060]), onPorts('i-2', [5060])];
    const draining = target(makeRegistration('i-1', 'api-http', 5070), 'draining');
    const group = observeGroup(hosts);
    const targetGroups = group.targetGroups.map((one) => ({ ...one, targets: [...one.targets, draining] }));
    expect(found({ ...group, targetGroups })).toEqual([]);
  });
});
