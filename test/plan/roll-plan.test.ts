import { describe, expect, it } from 'vitest';
import { makeHost } from '../fakes/make-host.js';
import { reportOf } from '../../src/plan/plan-report.js';
import { planRoll } from '../../src/plan/roll-plan.js';
import type { HostObservation } from '../../src/plan/observation.js';
import {
  gone,
  makeRegistration,
  makeSpec,
  makeTargetGroup,
  observeGroup,
  observeHost,
  startedFrom,
  target,
  v1,
} from '../stages/plan-parts.js';

const converged = (id: string): HostObservation =>
  observeHost(id, { containers: [startedFrom(makeSpec(), {}, 'v2')] });
const fresh = (id: string): HostObservation => observeHost(id, { containers: [], registrations: [] });
const rollout = observeGroup([]).rollout;
const hosts = ['i-1', 'i-2', 'i-3', 'i-4'].map((id, index) =>
  observeHost(id, {}, index % 2 === 0 ? 'a' : 'b'),
);

describe('a plan', () => {
  it('says where each host comes from, where it goes, and why', () => {
    const [{ to, registrations }] = [hosts[0]!];
    const plan = planRoll(observeGroup(hosts));
    const [told] = reportOf(plan).hosts;
    // The very object that the engine executes and the audit reads back.
    expect(plan.hosts[0]?.to).toBe(to);
    expect(told).toMatchObject({
      host: 'i-1',
      zone: 'a',
      action: 'roll',
      reasons: ['new digest'],
      from: {
        containers: [{ name: 'api', version: 'v1', running: true }],
        registrations: [{ registration: registrations[0]?.registration, state: 'healthy' }],
      },
      to: {
        containers: [{ name: 'api', version: 'v2', digest: to.containers[0]?.image.digest, running: true }],
        registrations: [{ registration: registrations[0]?.registration, state: 'healthy' }],
      },
    });
  });

  it('leaves converged hosts as they are, in no batch', () => {
    const plan = planRoll(observeGroup([converged('i-1'), ...hosts.slice(1)]));
    expect(plan.hosts[0]).toMatchObject({ action: 'converged', reasons: [] });
    const [told] = reportOf(plan).hosts;
    expect(told?.to).toEqual(told?.from);
    expect(plan.batches.flat().sort()).toEqual(['i-2', 'i-3', 'i-4']);
  });

  it('is empty when all hosts are converged', () => {
    const plan = planRoll(observeGroup(['i-1', 'i-2'].map(converged)));
    expect(plan).toMatchObject({ batches: [], minimumDuration: 0, warnings: [] });
  });

  it('rolls unhealthy hosts first, then zone by zone in turn', () => {
    const [first, second, third, fourth] = hosts;
    const sick = { ...fourth!, registrations: [target(makeRegistration('i-4'), 'unhealthy')] };
    const plan = planRoll(observeGroup([first!, second!, third!, sick]));
    expect(plan.batches).toEqual([['i-4'], ['i-1'], ['i-2'], ['i-3']]);
  });

  it('cuts batches to what the floors of all target groups allow', () => {
    const second = hosts.slice(0, 2).map(({ host }) => target(makeRegistration(host.id, 'api-admin')));
    const group = observeGroup(hosts, { rollout: { ...rollout, serial: [{ percent: 100 }] } });
    expect(planRoll(group).batches.map((batch) => batch.length)).toEqual([2, 2]);
    const two = [...group.targetGroups, { targetGroup: makeTargetGroup('api-admin'), targets: second }];
    expect(planRoll({ ...group, targetGroups: two }).batches.map((batch) => batch.length)).toEqual([1, 2, 1]);
  });

  it('tells each target group with its delay, its health and its floor', () => {
    const targets = [
      ...['i-1', 'i-2', 'i-3'].map((id) => target(makeRegistration(id))),
      target(makeRegistration('i-4'), 'unhealthy'),
      target(makeRegistration('i-5'), 'draining'),
      gone(makeRegistration('i-6')),
    ];
    const { targetGroups } = planRoll(
      observeGroup(hosts, { targetGroups: [{ targetGroup: makeTargetGroup(), targets }] }),
    );
    expect(targetGroups).toMatchObject([
      { name: 'api-http', deregistrationDelay: 60_000, registered: 4, healthy: 3, floor: 2 },
    ]);
  });

  it('takes at least a deregistration delay and a bake for each batch', () => {
    const { minimumDuration } = planRoll(observeGroup(hosts));
    expect(minimumDuration).toBe(4 * (60_000 + 30_000));
  });

  it('takes no delay for a batch that is registered nowhere', () => {
    const { minimumDuration } = planRoll(observeGroup([...hosts.slice(0, 3), fresh('i-4')]));
    expect(minimumDuration).toBe(3 * 60_000 + 4 * 30_000);
  });

  it('holds the floor over the hosts themselves where there is no load balancer', () => {
    const workers = hosts.map((host) => ({
      ...host,
      registrations: [],
      to: { ...host.to, registrations: [] },
    }));
    const group = observeGroup(workers, {
      targetGroups: [],
      targetGroupChoice: { kind: 'none' },
      rollout: { ...rollout, serial: [{ percent: 100 }], minHealthy: { percent: 75 } },
    });
    expect(planRoll(group).batches.map((batch) => batch.length)).toEqual([1, 1, 1, 1]);
    expect(planRoll(group).minimumDuration).toBe(4 * 30_000);
  });
});

describe('a plan warns', () => {
  it('of nothing in an ordinary roll', () => {
    expect(planRoll(observeGroup(hosts)).warnings).toEqual([]);
  });

  it('of downtime that was accepted', () => {
    const group = observeGroup(hosts, { rollout: { ...rollout, minHealthy: { percent: 0 } } });
    expect(planRoll(group).warnings).toEqual(['min_healthy is 0: downtime is accepted.']);
  });

  it('of a host that is new, with the ports it will be registered on', () => {
    const host = { ...fresh('i-4'), host: makeHost('i-4', { name: 'api-4' }) };
    expect(planRoll(observeGroup([...hosts.slice(0, 3), host])).warnings).toEqual([
      'api-4 (i-4) is new: it will be registered on port 5060.',
    ]);
  });

  it('of a login user whose docker goes to another Engine, once for all hosts alike', () => {
    const elsewhere = 'unix:///run/user/1000/docker.sock (DOCKER_HOST)';
    const group = observeGroup(
      hosts.map((host, index) => (index < 2 ? { ...host, runtime: { ...host.runtime, elsewhere } } : host)),
    );

    expect(planRoll(group).warnings).toEqual([
      "On i-1, i-2 the login user's docker goes to unix:///run/user/1000/docker.sock (DOCKER_HOST), not to the Engine that is deployed to, unix:///var/run/docker.sock. `docker: { follow_context: true }` follows the user.",
    ]);
  });

  it('of many such hosts names the first three', () => {
    const runtime = { ...observeHost('i-1').runtime, elsewhere: 'unix:///run/user/1000/docker.sock' };
    const many = ['i-1', 'i-2', 'i-3', 'i-4', 'i-5'].map((id) => observeHost(id, { runtime }));
    expect(planRoll(observeGroup(many)).warnings[0]).toMatch(/^On i-1, i-2, i-3 and 2 more the login user/);
  });

  it('of hosts whose zone is not known, and of containers that are built on their host, says no more than is known', () => {
    const { digest: _, ...built } = startedFrom(makeSpec({ image: v1 }));
    const host = { ...observeHost('i-1', { containers: [built] }), host: makeHost('i-1') };
    const { zone: _zone, ...unknown } = host.host;
    const [plan] = planRoll(observeGroup([{ ...host, host: unknown }])).hosts;
    expect(plan).toMatchObject({ action: 'roll', from: { containers: [{ name: 'api', version: 'v1' }] } });
    expect(plan?.zone).toBeUndefined();
    expect(plan?.from.containers[0]?.digest).toBeUndefined();
  });

  it('names the Engine that each host is rolled through', () => {
    expect(planRoll(observeGroup(hosts)).hosts[0]?.engine).toEqual({
      version: '27.0.0',
      apiVersion: '1.46',
      address: 'unix:///var/run/docker.sock',
    });
  });

  it('of a slow start that outlasts the bake', () => {
    const group = observeGroup(hosts);
    const targetGroups = group.targetGroups.map(({ targets }) => ({
      targetGroup: makeTargetGroup('api-http', { slowStart: 60_000 }),
      targets,
    }));
    expect(planRoll({ ...group, targetGroups }).warnings).toEqual([
      'Target group "api-http" has a slow start longer than the bake: a fault may show only after it.',
    ]);
  });
});
