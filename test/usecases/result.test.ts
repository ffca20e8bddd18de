import { describe, expect, it } from 'vitest';
import { journalWrite } from '../../src/errors/journal.js';
import { connectionLost } from '../../src/errors/ssh.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { deployOptions, FleetStage, repository, type StageOptions } from '../stages/fleet-stage.js';
import { image } from '../fakes/world/image-behaviour.js';

const statuses = ({ hosts }: { readonly hosts: readonly { readonly status: string }[] }): readonly string[] =>
  hosts.map(({ status }) => status);

/** A deploy that is killed after this call of a port's method. */
async function killedAfter(method: string, nth: number, options: StageOptions = {}): Promise<FleetStage> {
  const calls = await new FleetStage(options).untilDeath(undefined, (world, hooks) =>
    deployWith(world, deployOptions, hooks),
  );
  const stage = new FleetStage(options);
  const call = calls.calls.flatMap((name, index) => (name === method ? [index + 1] : []))[nth - 1];
  if (call === undefined) throw new Error(`${method} is called less often`);
  await stage.untilDeath({ call, when: 'after' }, (world, hooks) => deployWith(world, deployOptions, hooks));
  return stage;
}

describe('the status of a host', () => {
  it('is failed when the last look finds down what was deployed', async () => {
    const stage = new FleetStage({ rollout: { serial: 1, bake: '10s' } });
    stage.atTask('i-3', 'docker_container', 'task.started', () =>
      stage.host('i-1').named('api')?.stop('operator'),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(statuses(result)).toEqual(['failed', 'deployed', 'deployed']);
  });

  it('is failed when the last look finds down what was converged', async () => {
    const stage = new FleetStage({ hosts: 1, rollout: { min_healthy: 0 } });
    await stage.deploy();
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'audit',
      () => stage.host('i-1').named('api')?.stop('operator'),
    );
    expect(statuses(await stage.deploy())).toEqual(['failed']);
  });

  it('is not untouched for a host that was only taken out of service and put back', async () => {
    const stage = new FleetStage({ hosts: 1, rollout: { min_healthy: 0 } });
    await stage.deploy();
    stage.group.force(stage.registrations[0]!, 'unhealthy');
    const result = await stage.deploy();
    expect(stage.mutations.join('\n')).toContain('deregister');
    expect(statuses(result)).toEqual(['deployed']);
  });

  it('is deployed, not restored, for a host that a recovery leaves at the plan', async () => {
    const stage = await killedAfter('traffic.register', 1);
    const [kept] = [...stage.host('i-1').containers.values()].filter(({ running }) => !running);
    stage.host('i-1').remove('operator', kept!);
    const result = await stage.recover();
    expect(result).toMatchObject({ exit: 0, named: [] });
    expect(result.hosts).toMatchObject([{ host: 'i-1', status: 'deployed', restored: 0 }]);
    expect((await stage.later())[0]).toBe('i-1: v2 running, in service');
  });
});

describe('the status of a host that was rolled', () => {
  it('stays deployed when a later play does not get to it', async () => {
    const stage = new FleetStage();
    stage.at(
      (event) => event.type === 'bake.ended' && event.batch === 3,
      () => stage.leases.lapse('test.api'),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(statuses(result)).toEqual(['deployed', 'deployed', 'deployed']);
  });
});

describe('mixed', () => {
  it('is not said of a group where the only host on the release is out of service', async () => {
    const stage = new FleetStage({ rollout: { on_failure: 'stop' } });
    stage.release(image.neverHealthy());
    const result = await stage.deploy();
    expect(statuses(result)).toEqual(['named', 'untouched', 'untouched']);
    expect(result.mixed).toBe(false);
  });

  it('is said after a recovery that restores one host while another stays at the plan', async () => {
    const stage = await killedAfter('runtime.stop', 2);
    const result = await stage.recover();
    expect(await stage.later()).toEqual([
      'i-1: v2 running, in service',
      'i-2: v1 running, in service',
      'i-3: v1 running, in service',
    ]);
    expect(result).toMatchObject({ exit: 0, mixed: true });
  });

  it('is said after a recovery though one answer of a host is lost when they are looked at', async () => {
    const stage = await killedAfter('runtime.stop', 2, { hosts: 2 });
    let isReleased = false;
    let lost = 0;
    stage.world.calls.intercept = (call, proceed) => {
      isReleased ||= call.port === 'lease' && call.method === 'release';
      if (!isReleased || call.method !== 'list' || call.host !== 'i-2' || lost > 0) return proceed();
      lost += 1;
      return Promise.reject(connectionLost(stage.host('i-2').host, 'cut'));
    };
    expect(await stage.recover()).toMatchObject({ exit: 0, mixed: true });
    expect(lost).toBe(1);
  });

  it.each([
    {
      whose: 'the release to be replaced',
      taken: 1,
      now: ['i-1: v2 running, in service', 'i-2: v1 running, not registered'],
    },
    {
      whose: 'the new release',
      taken: 0,
      now: ['i-1: v2 running, not registered', 'i-2: v1 running, in service'],
    },
  ])(
    'is not said of an interrupted run where others took the only host on $whose out of service',
    async ({ taken, now }) => {
      const stage = new FleetStage({ hosts: 2, rollout: { serial: 1, bake: '10s', min_healthy: 0 } });
      stage.at(
        ({ type }) => type === 'play.started',
        () => stage.group.deregister('operator', stage.registrations[taken]!),
      );
      stage.atTask('i-2', 'docker_container', 'task.started', () => stage.interrupt());
      const result = await stage.deploy();
      expect(statuses(result)).toEqual(['deployed', 'restored']);
      expect(stage.now).toEqual(now);
      expect(result).toMatchObject({ outcome: 'interrupted', mixed: false });
    },
  );

  it('is said of an interrupted run where a host on the release is named, since its end could not be written', async () => {
    const stage = new FleetStage({ rollout: { bake: '1h' } });
    stage.at(
      ({ type }) => type === 'bake.started',
      () => {
        stage.world.calls.intercept = (call, proceed) =>
          call.port === 'journal'
            ? Promise.reject(journalWrite('/state/journal', new Error('full')))
            : proceed();
        stage.interrupt();
      },
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, mixed: true, named: [{ host: 'i-1' }] });
    expect(stage.now[0]).toBe('i-1: v2 running, in service');
  });
});

describe('a host that is named', () => {
  it('is not one that was unhealthy when it was taken, and is healthy by the end', async () => {
    const stage = new FleetStage({ states: ['unhealthy'], previous: image.healthy(100_000) });
    stage.release(image.neverHealthy());
    let isRestored = false;
    stage.at(
      ({ type }) => type === 'restore.ended',
      () => {
        isRestored = true;
      },
    );
    stage.world.calls.intercept = async (call, proceed) => {
      if (isRestored && call.method === 'append') await stage.world.clock.sleep(120_000);
      return proceed();
    };
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(stage.now[0]).toBe('i-1: v1 running, in service');
  });

  it('is not one from which nothing was taken after all', async () => {
    const stage = new FleetStage({ rollout: { on_failure: 'stop' } });
    stage.world.calls.intercept = (call, proceed) =>
      call.method === 'keepHold' && call.host === 'i-1'
        ? Promise.reject(connectionLost(stage.host('i-1').host, 'cut'))
        : proceed();
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual([1, 2, 3].map((host) => `i-${host}: v1 running, in service`));
    expect((await stage.recover()).recovered).toEqual([]);
  });

  it('is not said to hold a container that was not taken, also when it was replaced since', async () => {
    const stage = new FleetStage({ rollout: { on_failure: 'stop' } });
    const host = stage.host('i-1');
    stage.world.calls.intercept = (call, proceed) => {
      const isOfContainer = call.method === 'keepHold' && host.holds.size === 1;
      if (!isOfContainer || call.host !== 'i-1') return proceed();
      const found = host.named('api');
      if (found?.restartPolicy.name !== 'no') {
        if (found !== undefined) host.remove('operator', found);
        host.runs({
          name: 'api',
          repository,
          digest: stage.v1,
          ports: [5060],
          restartPolicy: { name: 'no' },
        });
      }
      return Promise.reject(connectionLost(host.host, 'cut'));
    };
    const result = await stage.deploy();
    expect(result.named).toMatchObject([{ host: 'i-1', held: ['its registration in api-http:5060'] }]);
  });

  it('is said to hold what it lacks, and nothing that it has', async () => {
    const stage = new FleetStage({ rollout: { on_failure: 'stop' } });
    stage.world.calls.intercept = (call, proceed) =>
      call.method === 'rename' && call.host === 'i-1'
        ? Promise.reject(connectionLost(stage.host('i-1').host, 'cut'))
        : proceed();
    const result = await stage.deploy();
    expect(result.named).toMatchObject([{ host: 'i-1', held: ['its registration in api-http:5060'] }]);
    stage.world.calls.intercept = (_call, proceed) => proceed();
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toBe('i-1: v1 running, in service');
  });
});
