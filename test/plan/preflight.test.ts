import { describe, expect, it } from 'vitest';
import { label } from '../../src/model/container.js';
import { containerName } from '../../src/model/ids.js';
import type { GroupObservation, HostObservation } from '../../src/plan/observation.js';
import { findRefusals, isFresh } from '../../src/plan/preflight.js';
import { makeHost } from '../fakes/make-host.js';
import {
  makeForeign,
  makeRegistration,
  makeSpec,
  makeTargetGroup,
  observeGroup,
  observeHost,
  startedFrom,
  target,
  v1,
  type GivenHost,
} from '../stages/plan-parts.js';

const messages = (group: GroupObservation): readonly string[] =>
  findRefusals(group).map(({ message }) => message);

/** Three hosts in service; the first is as given. */
const withFirst = (given: GivenHost, group: Partial<GroupObservation> = {}) =>
  observeGroup([observeHost('i-1', given), observeHost('i-2'), observeHost('i-3')], group);

describe('a port that a container of others publishes', () => {
  const on = (hostAddress: string) =>
    ({ hostAddress, hostPort: 5060, containerPort: 1, protocol: 'tcp' }) as const;
  const refused = (wanted: string, taken: string): number =>
    messages(
      withFirst({
        to: { containers: [makeSpec({ ports: [on(wanted)] })] },
        containers: [makeForeign('legacy', { ports: [on(taken)] })],
      }),
    ).length;

  it('is taken on its own address alone', () => {
    expect([refused('10.0.0.1', '10.0.0.1'), refused('10.0.0.1', '10.0.0.2')]).toEqual([1, 0]);
  });
});

describe('a group that can be rolled', () => {
  it('is not refused', () => {
    expect(findRefusals(withFirst({}))).toEqual([]);
  });

  it('may have unhealthy hosts, and new ones', () => {
    const registration = makeRegistration('i-1');
    expect(messages(withFirst({ registrations: [target(registration, 'unhealthy')] }))).toEqual([]);
    expect(messages(withFirst({ registrations: [], containers: [] }))).toEqual([]);
  });

  it('may be deployed for the first time, whatever min_healthy says: nothing can be taken from clients', () => {
    const rollout = { ...observeGroup([]).rollout, minHealthy: { hosts: 2 } };
    const fresh = ['i-1', 'i-2', 'i-3'].map((id) => observeHost(id, { registrations: [], containers: [] }));
    expect(messages(observeGroup(fresh, { rollout }))).toEqual([]);
    const workers = fresh.map((host) => ({ ...host, to: { ...host.to, registrations: [] } }));
    const behindNothing = { rollout, targetGroups: [], targetGroupChoice: { kind: 'none' } as const };
    expect(messages(observeGroup(workers, behindNothing))).toEqual([]);
  });
});

describe('a host is refused', () => {
  it('when its disk is full', () => {
    const runtime = { ...observeHost('i-1').runtime, freeBytes: 52_428_800 };
    expect(messages(withFirst({ runtime }))).toEqual([
      "i-1 has 50 MiB free for Docker's data, less than the 100 MiB that a pull needs at least.",
    ]);
  });

  it('not when it does not tell how full its disk is', () => {
    const { freeBytes: _notTold, ...runtime } = observeHost('i-1').runtime;
    expect(messages(withFirst({ runtime }))).toEqual([]);
  });

  it('when the image does not exist for its platform', () => {
    const runtime = { ...observeHost('i-1').runtime, architecture: 'arm64' };
    const platforms = [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 's390x' },
    ];
    const { image } = observeGroup([]).release;
    expect(messages(withFirst({ runtime }, { platforms }))).toEqual([
      `i-1 is linux/arm64, but registry/api@${image.digest} exists for linux/amd64, linux/s390x only.`,
    ]);
    expect(messages(withFirst({ runtime }, { platforms: [] }))).toEqual([]);
  });

  it('when a container that others started has the name', () => {
    const [refusal] = findRefusals(withFirst({ containers: [makeForeign('api')] }));
    expect(refusal).toMatchObject({
      code: 'preflight.foreign_container',
      message: 'On i-1 the container "api", which adfpush did not start, has the name.',
      hint: 'To let adfpush replace it, write "adopt: api" in the container\'s settings; else stop it.',
    });
  });

  it('when a container that others started publishes the port', () => {
    expect(messages(withFirst({ containers: [makeForeign('legacy')] }))).toEqual([
      'On i-1 the container "legacy", which adfpush did not start, publishes port 5060.',
    ]);
  });

  it.each([
    ['is stopped', { running: false }, true],
    ['publishes another port', { ports: [{ hostPort: 80, containerPort: 80, protocol: 'tcp' }] }, true],
    ['publishes it for udp', { ports: [{ hostPort: 5060, containerPort: 1, protocol: 'udp' }] }, true],
    [
      'publishes it on one address',
      { ports: [{ hostAddress: '10.0.0.1', hostPort: 5060, containerPort: 1, protocol: 'tcp' }] },
      false,
    ],
  ] as const)('or not, by the port, when that container %s', (_, given, allowed) => {
    expect(messages(withFirst({ containers: [makeForeign('legacy', given)] })).length).toBe(allowed ? 0 : 1);
  });

  it('not when that container is to be adopted', () => {
    const containers = [makeForeign('legacy')];
    expect(messages(withFirst({ containers, adopt: new Set(['legacy']) }))).toEqual([]);
  });

  it.each(['systemd', 'compose', 'auto-remove'] as const)(
    'when that container is managed by %s, adopted or not',
    (managedBy) => {
      const containers = [makeForeign('legacy', { managedBy })];
      const [refusal] = findRefusals(withFirst({ containers, adopt: new Set(['legacy']) }));
      expect(refusal?.message).toBe(
        `On i-1 the container "legacy", which adfpush did not start, publishes port 5060 and is managed by ${managedBy}.`,
      );
      expect(refusal?.hint).toContain('cannot adopt it');
    },
  );

  it('when a container of another group has the name or the port', () => {
    const labels = { [label.group]: 'worker', [label.container]: 'api' };
    const sameName = startedFrom(makeSpec({ image: v1 }), { labels });
    expect(messages(withFirst({ containers: [sameName] }))).toEqual([
      'On i-1 the container "api" of group "worker" has the name.',
    ]);
    const other = { name: containerName('web'), labels: { ...labels, [label.container]: 'web' } };
    expect(messages(withFirst({ containers: [startedFrom(makeSpec(), other)] }))).toEqual([
      'On i-1 the container "web" of group "worker" publishes port 5060.',
    ]);
  });

  it('when a container of its own group, of a name that the group has no more, publishes the port', () => {
    const old = startedFrom(makeSpec({ name: containerName('web'), image: v1 }));
    expect(messages(withFirst({ containers: [old] }))).toEqual([
      'On i-1 the container "web" of group "api" publishes port 5060.',
    ]);
    expect(messages(withFirst({ containers: [old], adopt: new Set(['web']) }))).toEqual([]);
  });

  it('when it is missing where its peers are: it was left out', () => {
    const [refusal, ...others] = findRefusals(withFirst({ registrations: [] }));
    expect(others).toEqual([]);
    expect(refusal).toMatchObject({
      code: 'preflight.left_out',
      host: 'i-1',
      message: 'i-1 is not registered in target group "api-http", where 2 of its 2 peers are.',
    });
  });

  it('when it is missing though only peers outside --limit are there', () => {
    const alone = observeHost('i-1', { registrations: [] });
    const peer = makeRegistration('i-2');
    const group = observeGroup([alone], {
      peers: [alone.host, makeHost('i-2')],
      targetGroups: [
        {
          targetGroup: makeTargetGroup(),
          targets: [target(peer), target(makeRegistration('i-9'))],
        },
      ],
    });
    expect(messages(group)).toEqual([
      'i-1 is not registered in target group "api-http", where 1 of its 1 peers are.',
    ]);
  });

  it('not when none of its peers are there either', () => {
    const hosts = ['i-1', 'i-2'].map((id) => observeHost(id, { registrations: [] }));
    const targets = [target(makeRegistration('i-8')), target(makeRegistration('i-9'))];
    const group = observeGroup(hosts, { targetGroups: [{ targetGroup: makeTargetGroup(), targets }] });
    expect(messages(group)).toEqual([]);
  });

  it('when the target group cannot know it', () => {
    const targets = ['i-2', 'i-3'].map((id) => target(makeRegistration(id)));
    const targetGroups = [{ targetGroup: makeTargetGroup(), targets }];
    expect(messages(withFirst({ to: { registrations: [] }, registrations: [] }, { targetGroups }))).toEqual([
      'i-1 has no id that target group "api-http" (target type instance) could know it by.',
    ]);
  });
});

describe('a group is refused', () => {
  const targets = ['i-1', 'i-2', 'i-3'].map((id) => target(makeRegistration(id)));

  it('when no load balancer uses its target group', () => {
    const targetGroups = [{ targetGroup: makeTargetGroup('api-http', { loadBalancers: [] }), targets }];
    expect(messages(withFirst({}, { targetGroups }))).toEqual([
      'Target group "api-http" is used by no load balancer, so that none of its targets can become healthy.',
    ]);
  });

  it('when its deregistration delay is longer than the drain timeout, not when it is as long', () => {
    const rollout = { ...observeGroup([]).rollout, drainTimeout: 60_000 };
    const delayed = (deregistrationDelay: number) => [
      { targetGroup: makeTargetGroup('api-http', { deregistrationDelay }), targets },
    ];
    expect(messages(withFirst({}, { rollout, targetGroups: delayed(60_001) }))).toEqual([
      'Target group "api-http" drains for 1 m (its deregistration delay), longer than rollout.drain_timeout (1 m).',
    ]);
    expect(messages(withFirst({}, { rollout, targetGroups: delayed(60_000) }))).toEqual([]);
  });

  it('when it is too small for its min_healthy', () => {
    const refusals = findRefusals(observeGroup([observeHost('i-1')]));
    expect(refusals).toMatchObject([
      {
        code: 'preflight.floor',
        message:
          'Target group "api-http" is too small for min_healthy 50%: taking one host out would leave 0 of at least 1.',
        hint: 'Lower rollout.min_healthy, or add hosts. min_healthy: 0 accepts downtime.',
      },
    ]);
    const rollout = { ...observeGroup([]).rollout, minHealthy: { hosts: 0 } };
    expect(messages(observeGroup([observeHost('i-1')], { rollout }))).toEqual([]);
  });

  it('when one host has all that the floor needs, on several ports', () => {
    const both = [makeRegistration('i-1'), makeRegistration('i-1', 'api-http', 5061)];
    const alone = observeHost('i-1', {
      registrations: both.map((one) => target(one)),
      to: { registrations: both },
    });
    expect(messages(observeGroup([alone]))).toEqual([
      'Target group "api-http" is too small for min_healthy 50%: taking one host out would leave 0 of at least 1.',
    ]);
  });

  it('when a zone of its own would be left without any target', () => {
    const targetGroups = [{ targetGroup: makeTargetGroup('api-http', { crossZone: false }), targets }];
    const hosts = [observeHost('i-1'), observeHost('i-2'), observeHost('i-3', {}, 'b')];
    expect(messages(observeGroup(hosts, { targetGroups }))).toEqual([
      'Target group "api-http" is not balanced across zones, and zone b has a single target: draining it would leave the zone without any.',
    ]);
    const crossed = [{ targetGroup: makeTargetGroup(), targets }];
    expect(messages(observeGroup(hosts, { targetGroups: crossed }))).toEqual([]);
  });

  it('when the zone of hosts is not known, and zones are not balanced across', () => {
    const targetGroups = [{ targetGroup: makeTargetGroup('api-http', { crossZone: false }), targets }];
    const nowhere = ['i-1', 'i-2', 'i-3'].map((id) => {
      const { zone: _, ...host } = makeHost(id);
      return { ...observeHost(id), host };
    });
    expect(messages(observeGroup(nowhere, { targetGroups }))).toEqual([
      'Target group "api-http" is not balanced across zones, and the zone of i-1, i-2, i-3 is not known: draining one could leave a zone without any target.',
    ]);
    const crossed = [{ targetGroup: makeTargetGroup(), targets }];
    expect(messages(observeGroup(nowhere, { targetGroups: crossed }))).toEqual([]);
  });

  it('by the zones of all its hosts, though only some are rolled', () => {
    const targetGroups = [{ targetGroup: makeTargetGroup('api-http', { crossZone: false }), targets }];
    const peers = [
      makeHost('i-1', { zone: 'a' }),
      makeHost('i-2', { zone: 'a' }),
      makeHost('i-3', { zone: 'b' }),
    ];
    expect(messages(observeGroup([observeHost('i-1')], { targetGroups, peers }))).toEqual([]);
    expect(messages(observeGroup([observeHost('i-3', {}, 'b')], { targetGroups, peers })).length).toBe(1);
  });

  it('when auto finds no target group, or the named ones are none', () => {
    const lost = { targetGroups: [] };
    expect(messages(withFirst({}, { ...lost, targetGroupChoice: { kind: 'auto' } }))).toEqual([
      'No host of group "api" is in a target group: no target group that a load balancer uses has one of them on a published port.',
    ]);
    const named = { kind: 'named', names: ['x', 'y'] } as const;
    expect(messages(withFirst({}, { ...lost, targetGroupChoice: named }))).toEqual([
      'No host of group "api" is in a target group: looked in x, y.',
    ]);
  });

  it('without a load balancer, when too few of its hosts run', () => {
    const workers = { targetGroups: [], targetGroupChoice: { kind: 'none' } as const };
    const worker = (id: string): HostObservation =>
      observeHost(id, { registrations: [], to: { registrations: [] } });
    expect(messages(observeGroup([worker('i-1')], workers))).toEqual([
      'Group "api" is too small for min_healthy 50%: taking one host out would leave 0 of at least 1.',
    ]);
    expect(messages(observeGroup([worker('i-1'), worker('i-2')], workers))).toEqual([]);
  });

  it('not for the hosts that --limit leaves out, which were not looked at', () => {
    const worker = observeHost('i-1', { registrations: [], to: { registrations: [] } });
    const peers = ['i-1', 'i-2', 'i-3'].map((id) => makeHost(id));
    const targetGroupChoice = { kind: 'none' } as const;
    expect(messages(observeGroup([worker], { targetGroups: [], targetGroupChoice, peers }))).toEqual([]);
  });

  it('for all reasons at once', () => {
    const runtime = { ...observeHost('i-1').runtime, freeBytes: 0 };
    const group = observeGroup([
      observeHost('i-1', { runtime, containers: [makeForeign('api')] }),
      observeHost('i-2', { runtime }),
    ]);
    expect(findRefusals(group).map(({ code }) => code)).toEqual([
      'preflight.disk',
      'preflight.foreign_container',
      'preflight.disk',
    ]);
  });

  it('with errors of class refused only', () => {
    const classes = findRefusals(observeGroup([observeHost('i-1', { containers: [makeForeign('api')] })]));
    expect(new Set(classes.map((error) => error.class))).toEqual(new Set(['refused']));
  });
});

describe('a fresh host', () => {
  it('has never run the group, under its name or any other', () => {
    const kept = startedFrom(makeSpec(), { name: containerName('api.kept-1'), running: false });
    expect(isFresh(observeHost('i-1', { containers: [] }), 'api')).toBe(true);
    expect(isFresh(observeHost('i-1', { containers: [makeForeign('other')] }), 'api')).toBe(true);
    expect(isFresh(observeHost('i-1', { containers: [kept] }), 'api')).toBe(false);
    expect(isFresh(observeHost('i-1', { containers: [makeForeign('api')] }), 'api')).toBe(false);
  });
});
