import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/errors/aws.js';
import { journalWrite } from '../../src/errors/journal.js';
import type { PortCall } from '../fakes/port-calls.js';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const denied = awsError(
  Object.assign(new Error('not authorized'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }),
  { action: 'elasticloadbalancing:RegisterTargets', region: 'eu-west-1' },
);

const nobodyStops = { signal: new AbortController().signal, name: () => undefined, grace: 4_000 };

/** Fails each call like this, for as long as it is so. */
function failing(stage: FleetStage, isSo: (call: PortCall) => boolean, error: Error): void {
  stage.world.calls.intercept = (call, proceed) => (isSo(call) ? Promise.reject(error) : proceed());
}

/** The new container of one host ends as soon as it was started, and is not started again. */
function stageBrokenOn(id: string, options: StageOptions): FleetStage {
  const container = { name: 'api', ports: ['5060:5000'], restart: 'no' };
  const stage = new FleetStage({ ...options, groupVars: { container } });
  stage.atTask(id, 'health', 'task.started', () => stage.host(id).named('api')?.exit(1));
  return stage;
}

const inService = (...releases: readonly string[]): readonly string[] =>
  releases.map((release, index) => `i-${index + 1}: ${release} running, in service`);

describe('a rollback', () => {
  it('begins with no other host after a signal: those that wait for their turn stay on the new release', async () => {
    const stage = stageBrokenOn('i-3', { hosts: 4 });
    const restored: string[] = [];
    stage.at(
      (event) => event.type === 'restore.ended' && event.host.id !== 'i-3',
      () => stage.interrupt(),
    );

    const result = await stage.deploy({ forks: 1 });

    for (const { host, restored: isBack } of stage.told('restore.ended')) if (isBack) restored.push(host.id);
    expect(result).toMatchObject({ exit: 143, outcome: 'interrupted', mixed: true, named: [] });
    const [back = '', left = ''] = restored.includes('i-1') ? ['i-1', 'i-2'] : ['i-2', 'i-1'];
    expect(restored.toSorted()).toEqual([back, 'i-3'].toSorted());
    expect(result.hosts.map(({ host, status }) => `${host} ${status}`).toSorted()).toEqual(
      [`${back} rolled_back`, `${left} deployed`, 'i-3 restored', 'i-4 untouched'].toSorted(),
    );
    const now = (await stage.later()).map((one) => one.replace(', no', ''));
    expect(now).toEqual(inService(...['i-1', 'i-2'].map((id) => (id === back ? 'v1' : 'v2')), 'v1', 'v1'));
  });

  it('that a signal ends while AWS refuses to register the host again names it', async () => {
    const stage = stageBrokenOn('i-2', { hosts: 2, targetGroup: { deregistrationDelay: 5_000 } });
    let isRefused = false;
    stage.world.calls.intercept = async (call, proceed) => {
      const isAboutIt = call.port === 'traffic' && call.about.includes('i-1:');
      if (isRefused && isAboutIt && call.method === 'register') throw denied;
      const answer = await proceed();
      if (isAboutIt && call.method === 'deregister' && stage.told('rollback.started').length > 0) {
        isRefused = true;
        stage.interrupt();
      }
      return answer;
    };

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.named[0]?.held).toEqual(['its registration in api-http:5060']);
    expect((await stage.later())[0]).toContain('v2 running');

    isRefused = false;
    expect(await stage.recover({}, { stop: nobodyStops })).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toContain('in service');
  });
});

describe('a host that was unhealthy and is back in that state', () => {
  it('is named also where its balancer cannot be asked whether it is well by now', async () => {
    const stage = new FleetStage({
      previous: image.neverHealthy(),
      states: ['unhealthy', 'unhealthy'],
      hosts: 2,
    });
    stage.release(image.neverHealthy());
    let isOver = false;
    stage.at(
      ({ type }) => type === 'restore.ended',
      () => (isOver = true),
    );
    failing(stage, ({ port, method }) => isOver && port === 'traffic' && method !== 'register', denied);

    const result = await stage.deploy();

    expect(result.exit).toBe(5);
    expect(result.named).toMatchObject([
      { host: 'i-1', reason: 'it was not healthy before, and is back in that state' },
    ]);
    expect((await stage.later())[0]).toMatch(/^i-1: v1 running, (initial|unhealthy)$/);
  });
});

describe('a journal that cannot be written when a batch begins', () => {
  const full = journalWrite('/state/journal', new Error('ENOSPC'));

  it.each([
    [1, ['v1', 'v1', 'v1']],
    [2, ['v2', 'v1', 'v1']],
  ])('(batch %i) begins no turn, and the hosts are as they were', async (batch, releases) => {
    const stage = new FleetStage();
    let isFull = false;
    stage.at(
      (event) => event.type === 'batch.started' && event.play.startsWith('Roll') && event.batch === batch,
      () => (isFull = true),
    );
    failing(stage, ({ port }) => isFull && port === 'journal', full);

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors.map(({ code }) => code)).toContain('journal.write');
    expect(await stage.later()).toEqual(inService(...releases));
    expect(stage.hosts.flatMap(({ holds }) => [...holds.keys()])).toEqual([]);
  });
});

describe('a play', () => {
  it('that has no host left is passed over, and says so', async () => {
    const playbook = `
- name: fail on one
  hosts: api
  max_fail_percentage: 100
  tasks:
    - fail: { msg: not today }
      when: host.name == 'i-1'
- name: go on
  hosts: i-1
  tasks:
    - debug: { msg: hello }
`;
    const stage = new FleetStage({ hosts: 2, playbook, rollout: { serial: '100%', min_healthy: 0 } });

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(stage.told('task.ended').filter(({ task }) => task.module === 'debug')).toEqual([]);
    expect(stage.told('warning').map(({ message }) => message)).toContain(
      'Play "go on" has no host left in this run, and is passed over.',
    );
    expect(await stage.later()).toEqual(inService('v1', 'v1'));
  });
});
