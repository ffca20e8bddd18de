import { describe, expect, it } from 'vitest';
import { AdfError } from '../../src/errors/adf-error.js';
import { dockerApi } from '../../src/errors/docker.js';
import { noAnswer } from '../../src/errors/ssh.js';
import { defined } from '../../src/model/defined.js';
import type { PortCall } from '../fakes/port-calls.js';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage } from '../stages/fleet-stage.js';

const allOnV1 = (hosts: number): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: v1 running, in service`);
const lostFor = (stage: FleetStage, id: string, duration: number): void => {
  stage.host(id).lose();
  stage.world.clock.after(duration, () => stage.host(id).find(), true);
};
/** Lets the nth call like this fail, and all others through. */
const failCall = (
  stage: FleetStage,
  like: (call: PortCall) => boolean,
  error: (call: PortCall) => Error,
  times = Infinity,
): void => {
  let left = times;
  stage.world.calls.intercept = async (call, proceed) => {
    if (!like(call) || left <= 0) return proceed();
    left -= 1;
    throw error(call);
  };
};
const denied = (): AdfError =>
  new AdfError({ code: 'aws.denied', class: 'failed', message: 'not allowed to do that' });

describe('a host whose turn failed', () => {
  it.each([
    ['never gets healthy', image.neverHealthy(), 'health.not_proven'],
    ['exits at once', image.exitsAtOnce(), 'health.crash_loop'],
  ])('is restored when its release %s, and nobody else is touched', async (_, behaviour, code) => {
    const stage = new FleetStage();
    stage.release(behaviour);
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, outcome: 'rolled_back', mixed: false, named: [] });
    expect(result.errors.map((error) => error.code)).toEqual([code]);
    expect(result.hosts.map(({ status }) => status)).toEqual(['restored', 'untouched', 'untouched']);
    expect(await stage.later()).toEqual(allOnV1(3));
    expect(stage.mutations.filter((call) => /i-[23] (stop|create|rename)/.test(call))).toEqual([]);
  });

  it('that ran no container before has none again', async () => {
    const stage = new FleetStage({ previous: false, hosts: 2 });
    stage.release(image.exitsAtOnce());
    expect(await stage.deploy()).toMatchObject({ exit: 4 });
    expect(stage.host('i-1').containers.size).toBe(0);
  });

  it('is left as it is with on_failure: stop, and named with what it held', async () => {
    const stage = new FleetStage({ rollout: { on_failure: 'stop' } });
    stage.release(image.neverHealthy());
    const result = await stage.deploy();
    expect(result).toMatchObject({
      exit: 5,
      outcome: 'needs_person',
      named: [
        {
          host: 'i-1',
          held: ['its registration in api-http:5060', 'its container "api" (v1)'],
          reason: 'on_failure left it as it is',
        },
      ],
    });
    expect(stage.now[0]).toBe('i-1: v2 running, not registered');
  });

  it('that was unhealthy goes back to exactly that, and is named', async () => {
    const stage = new FleetStage({
      previous: image.neverHealthy(),
      states: ['unhealthy', 'unhealthy'],
      hosts: 2,
    });
    stage.release(image.neverHealthy());
    const result = await stage.deploy();
    expect(result.exit).toBe(5);
    expect(result.named).toMatchObject([
      { held: [], reason: 'it was not healthy before, and is back in that state' },
    ]);
    expect((await stage.later())[0]).toMatch(/^i-1: v1 running, (initial|unhealthy)$/);
  });

  it('that the balancer found unhealthy, and its own health check healthy, goes back to exactly that', async () => {
    const stage = new FleetStage({ hosts: 4 });
    const [first] = stage.hosts;
    if (first === undefined) throw new Error('a stage without hosts');
    // Nothing listens on that port.
    stage.world.registered(stage.group, first, 5061, 'unhealthy');
    stage.release(image.neverHealthy());
    const result = await stage.deploy();
    expect(result.named).toMatchObject([
      { host: 'i-1', held: [], reason: 'it was not healthy before, and is back in that state' },
    ]);
    expect(result.hosts[0]).toMatchObject({ host: 'i-1', restored: 1 });
    expect(stage.host('i-1').holds.size).toBe(0);
    await stage.later();
    expect(stage.seen('i-1')).toBe('v1 running, in service on 5060, unhealthy on 5061');
  });

  it('whose registration cannot be taken keeps counting as in service', async () => {
    // i-1 finishes; i-2 cannot be drained; the floor of one allows i-1 back only if i-2 still counts.
    const stage = new FleetStage({ hosts: 2 });
    failCall(stage, ({ method, about }) => method === 'deregister' && about.includes('i-2:'), denied);
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(allOnV1(2));
  });
});

describe('a lost host', () => {
  it('is registered again without SSH when only its registration was taken', async () => {
    const stage = new FleetStage();
    stage.at(
      ({ type }) => type === 'hold.opened',
      () => stage.host('i-1').lose(),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({
      exit: 4,
      named: [],
      hosts: [{ status: 'restored', unreachable: 1 }, {}, {}],
    });
    expect(await stage.later()).toEqual(allOnV1(3));
  });

  it('is waited for as long as reconnect says, and its turn goes on when it comes back', async () => {
    const stage = new FleetStage({ rollout: { reconnect: '5m' } });
    stage.atTask('i-1', 'health', 'task.started', () => lostFor(stage, 'i-1', 200_000));
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, named: [], blips: 1 });
    expect(await stage.later()).toEqual([1, 2, 3].map((id) => `i-${id}: v2 running, in service`));
  });

  it('is tried again for as long as reconnect says while it is restored', async () => {
    const stage = new FleetStage({ rollout: { reconnect: '5m' } });
    stage.release(image.neverHealthy());
    stage.at(
      (event) => event.type === 'restore.started' && event.host.id === 'i-1',
      () => lostFor(stage, 'i-1', 200_000),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [], blips: 1 });
    expect(await stage.later()).toEqual(allOnV1(3));
  });

  it('is named with what it held when it does not come back in time', async () => {
    const stage = new FleetStage({ rollout: { reconnect: '1m' } });
    let lostAt = 0;
    stage.atTask('i-1', 'health', 'task.started', () => {
      lostAt = stage.world.clock.now();
      stage.host('i-1').lose();
    });
    const result = await stage.deploy();
    expect(result).toMatchObject({
      exit: 5,
      named: [{ host: 'i-1', held: ['its registration in api-http:5060', 'its container "api" (v1)'] }],
    });
    expect(result.named[0]?.reason).toContain('i-1');
    expect(stage.now.slice(1)).toEqual(allOnV1(3).slice(1));
    const waited = stage.told('restore.ended')[0]!.at - lostAt;
    expect(waited).toBeGreaterThanOrEqual(60_000);
    expect(waited).toBeLessThanOrEqual(66_000);
  });

  it.each([
    { who: 'its playbook', playbook: undefined },
    {
      who: 'its restore',
      playbook: `
- hosts: '{{ group }}'
  tasks:
    - docker_image: '{{ release.image }}'
    - { command: date, register: out }
    - { elb_target: { state: drained, target_groups: '{{ target_groups }}' }, when: out.rc != 0 }
    - docker_container: { image: '{{ release.image }}', containers: '{{ containers }}' }
    - { elb_target: { state: in_service, target_groups: '{{ target_groups }}' }, when: out.rc != 0 }
`,
    },
  ])(
    'is named with the registration that $who took, when it falls ill after that was given back',
    async ({ playbook }) => {
      const stage = new FleetStage({ hosts: 1, rollout: { min_healthy: 0 }, ...defined({ playbook }) });
      stage.release(image.neverHealthy());
      stage.at(
        (event) => event.type === 'hold.settled' && event.what.includes('registration'),
        () => {
          const container = stage.host('i-1').named('api')!;
          container.restartPolicy = { name: 'no' };
          container.exit(1);
          stage.group.force(stage.registrations[0]!, 'unhealthy');
        },
      );
      const { named } = await stage.deploy();
      const held = ['its container "api" (v1)', 'its registration in api-http:5060'];
      expect(named).toMatchObject([
        { host: 'i-1', held, reason: expect.stringMatching(/^Read back after restoring/) as string },
      ]);
      expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
      expect(await stage.later()).toEqual(allOnV1(1));
    },
  );

  it('that was drained again by its own restore is registered again after it comes back', async () => {
    // The bake fails: the registration was returned already, so only the restore itself holds it.
    const stage = new FleetStage();
    stage.release(image.exitsLater(12_000));
    stage.at(
      (event) => event.type === 'restore.step' && event.step.startsWith('remove the new container'),
      () => lostFor(stage, 'i-1', 60_000),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(allOnV1(3));
  });
});

describe('the bake', () => {
  it('fails a batch whose containers do not stay up, and the host goes back', async () => {
    const stage = new FleetStage();
    stage.release(image.exitsLater(12_000));
    const result = await stage.deploy();
    expect(result.errors.map(({ code }) => code)).toEqual(['bake.failed']);
    expect(result.hosts[0]).toMatchObject({ status: 'restored', restored: 1 });
    expect(await stage.later()).toEqual(allOnV1(3));
  });

  it('does not fail for a single bad answer', async () => {
    const stage = new FleetStage({ hosts: 2 });
    let baking = false;
    stage.at(
      ({ type }) => type === 'bake.started',
      () => (baking = true),
    );
    failCall(
      stage,
      ({ port }) => baking && port === 'http',
      () => noAnswer(stage.host('i-1').host, 'http://127.0.0.1:5060/health', 'connection reset'),
      1,
    );
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
  });

  it('counts an Engine that gives no good answer as a host that is not well, and rolls the others back', async () => {
    const stage = new FleetStage();
    let baking = 0;
    stage.at(
      (event) => event.type === 'bake.started' && event.batch === 2,
      () => (baking = stage.world.clock.elapsed()),
    );
    failCall(
      stage,
      ({ method, actor }) =>
        baking > 0 && stage.world.clock.elapsed() < baking + 8_000 && method === 'inspect' && actor === 'i-2',
      () => dockerApi(stage.host('i-2').host, 500, 'something went wrong'),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, mixed: false, named: [] });
    expect(result.errors.map(({ code }) => code)).toEqual(['bake.failed']);
    expect(result.hosts.map(({ status }) => status)).toEqual(['rolled_back', 'restored', 'untouched']);
    expect(await stage.later()).toEqual(allOnV1(3));
  });

  it('brings a host that was unhealthy before back to exactly that', async () => {
    const stage = new FleetStage({
      previous: image.neverHealthy(),
      states: ['unhealthy', 'unhealthy'],
      hosts: 2,
    });
    stage.release(image.exitsLater(9_000));
    const result = await stage.deploy();
    expect(result.exit).toBe(5);
    expect(result.named).toMatchObject([
      { held: [], reason: 'it was not healthy before, and is back in that state' },
    ]);
    expect((await stage.later())[0]).toMatch(/^i-1: v1 running, (initial|unhealthy)$/);
  });
});

describe('a failure in a later batch', () => {
  const brokenOn = (stage: FleetStage, id: string): void =>
    stage.atTask(id, 'health', 'task.started', () => stage.host(id).named('api')?.exit(1));
  /** The new container of one host ends as soon as it was started, and is not started again. */
  const stageBrokenOn = (id: string, options: ConstructorParameters<typeof FleetStage>[0]): FleetStage => {
    const container = { name: 'api', ports: ['5060:5000'], restart: 'no' };
    const stage = new FleetStage({ ...options, groupVars: { container, ...options?.groupVars } });
    brokenOn(stage, id);
    return stage;
  };

  it('rolls back those that had finished', async () => {
    const stage = stageBrokenOn('i-3', { hosts: 4 });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, mixed: false, named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual([
      'rolled_back',
      'rolled_back',
      'restored',
      'untouched',
    ]);
    expect(await stage.later()).toEqual(allOnV1(4));
  });

  it.each([
    ['before its old container is back leaves a host on the new release', 'drain its registration', 'v2'],
    ['when its old container is back and proven finishes the rollback', 'put it back in service', 'v1'],
  ])('and a signal %s', async (_, step, version) => {
    const stage = stageBrokenOn('i-3', { hosts: 4, targetGroup: { deregistrationDelay: 5_000 } });
    stage.at(
      (event) => event.type === 'restore.step' && event.host.id === 'i-2' && event.step === step,
      () => stage.interrupt(),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 143, named: [] });
    expect(result.hosts[1]?.status).toBe(version === 'v1' ? 'rolled_back' : 'deployed');
    expect((await stage.later())[1]).toBe(
      `i-2: ${version} running, ${version === 'v1' ? '' : 'no, '}in service`,
    );
  });

  it('names one that has no way back with the registration that it lacks', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { serial: 1, min_healthy: 0 } });
    stage.at(
      (event) => event.type === 'batch.ended' && event.batch === 1 && event.play.startsWith('Roll'),
      () => {
        const host = stage.host('i-1');
        for (const container of [...host.containers.values()].filter(({ running }) => !running))
          host.remove('operator', container);
        host.named('api')!.stop('operator');
        stage.group.force(stage.registrations[0]!, 'unhealthy');
        stage.host('i-2').lose();
      },
    );
    const { named } = await stage.deploy();
    const held = ['its container "api" (v1)', 'its registration in api-http:5060'];
    expect(named.find(({ host }) => host === 'i-1')).toMatchObject({
      held,
      reason: expect.stringContaining('is gone') as string,
    });
  });

  it('leaves those that had finished with on_failure: restore, and says that the fleet is mixed', async () => {
    const stage = stageBrokenOn('i-3', { hosts: 4, rollout: { on_failure: 'restore' } });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, mixed: true, named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual([
      'deployed',
      'deployed',
      'restored',
      'untouched',
    ]);
    expect((await stage.later()).map((host) => host.slice(5, 7))).toEqual(['v2', 'v2', 'v1', 'v1']);
  });

  it('rolls back one after the other where the floor lets only one go, however long each takes', async () => {
    const stage = stageBrokenOn('i-5', {
      hosts: 5,
      targetGroup: { deregistrationDelay: 300_000 },
      rollout: { min_healthy: 4, floor_wait: '10m' },
    });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(allOnV1(5));
  });

  it('names those that the floor keeps on the new release, in service', async () => {
    const stage = stageBrokenOn('i-2', { hosts: 2, rollout: { floor_wait: '2m', reconnect: '1m' } });
    // The failed host does not come back, so that the other is the last healthy one.
    stage.atTask('i-2', 'health', 'task.ended', () => stage.host('i-2').lose());
    const result = await stage.deploy();
    expect(result.exit).toBe(5);
    expect(result.named.map(({ host }) => host).sort()).toEqual(['i-1', 'i-2']);
    expect(result.named.find(({ host }) => host === 'i-1')?.reason).toContain('at least 1 must stay so');
    expect((await stage.later())[0]).toBe('i-1: v2 running, no, in service');
  });
});

describe('a signal', () => {
  it('in the middle of a drain brings the registration back', async () => {
    const stage = new FleetStage();
    stage.at(
      (event) => event.type === 'task.progress' && event.task.module === 'elb_target',
      () => stage.interrupt(),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 143, outcome: 'interrupted', named: [] });
    expect(result.hosts[0]?.status).toBe('restored');
    expect(await stage.later()).toEqual(allOnV1(3));
  });

  it('in the middle of a swap brings the old container back', async () => {
    const stage = new FleetStage();
    stage.at(
      (event) => event.type === 'task.progress' && event.message.startsWith('creating'),
      () => stage.interrupt('SIGINT'),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 130, named: [] });
    expect(await stage.later()).toEqual(allOnV1(3));
  });

  it('after health was proven finishes the host, and begins no other', async () => {
    const stage = new FleetStage();
    stage.atTask('i-1', 'health', 'task.ended', () => stage.interrupt());
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 143, named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'untouched', 'untouched']);
    expect(await stage.later()).toEqual(['i-1: v2 running, in service', ...allOnV1(3).slice(1)]);
  });

  it('during the bake ends it: those hosts are healthy and in service', async () => {
    const stage = new FleetStage({ rollout: { bake: '1h' } });
    stage.at(
      ({ type }) => type === 'bake.started',
      () => stage.interrupt(),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 143, named: [] });
    expect(result.duration).toBeLessThan(600_000);
    expect(await stage.later()).toEqual(['i-1: v2 running, in service', ...allOnV1(3).slice(1)]);
  });

  it('does not stop a restore that is under way', async () => {
    const stage = new FleetStage();
    stage.release(image.neverHealthy());
    stage.at(
      ({ type }) => type === 'restore.started',
      () => stage.interrupt(),
    );
    const result = await stage.deploy();
    expect(result.named).toEqual([]);
    expect(await stage.later()).toEqual(allOnV1(3));
  });
});

describe('what a playbook took and did not give back', () => {
  const drainOnly = `
- hosts: '{{ group }}'
  tasks:
    - docker_image: '{{ release.image }}'
    - elb_target: { state: drained, target_groups: [api-http] }
`;

  it('is given back at the end of the run', async () => {
    const stage = new FleetStage({ playbook: drainOnly, rollout: { min_healthy: 0 } });
    await stage.deploy();
    expect(await stage.later()).toEqual(allOnV1(3));
  });

  it('is named with the reason when it does not come back', async () => {
    const stage = new FleetStage({ playbook: drainOnly, rollout: { min_healthy: 0 }, hosts: 2 });
    stage.atTask('i-1', 'elb_target', 'task.ended', () => {
      const container = stage.host('i-1').named('api')!;
      container.restartPolicy = { name: 'no' };
      container.exit(1);
    });
    const result = await stage.deploy();
    expect(result.exit).toBe(5);
    expect(result.named).toMatchObject([{ host: 'i-1', held: ['its registration in api-http:5060'] }]);
    expect(result.named[0]?.reason).toContain('Waited 5 m for a target of api-http to be healthy');
  });
});

describe('when the journal cannot be written any more', () => {
  it('nothing more is changed, and what is held is named all the same', async () => {
    const stage = new FleetStage();
    let broken = false;
    stage.atTask('i-1', 'elb_target', 'task.ended', () => (broken = true));
    failCall(
      stage,
      ({ port }) => broken && port === 'journal',
      () => new AdfError({ code: 'journal.write', class: 'failed', message: 'No space left on device.' }),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({
      exit: 5,
      named: [{ host: 'i-1', held: ['its registration in api-http:5060'] }],
    });
    expect(result.errors.map(({ code }) => code)).toContain('journal.write');
    expect(stage.mutations.at(-1)).toBe('traffic deregister api-http i-1:5060');
  });
});
