import { describe, expect, it } from 'vitest';
import { connectionLost } from '../../src/errors/ssh.js';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage } from '../stages/fleet-stage.js';

const both = (what: string): readonly string[] => ['i-1', 'i-2'].map((id) => `${id}: ${what}`);
const noProbe = { groupVars: { health: 'none' } };

describe('a group without a health check', () => {
  it("fails its bake when Docker's own check finds a container unhealthy then", async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { bake: '20s' }, ...noProbe });
    stage.release(image.checkedByDocker('healthy', 1_000));
    stage.at(
      ({ type }) => type === 'bake.started',
      () => {
        const birth = stage.host('i-1').named('api')?.birth;
        if (birth !== undefined)
          Object.assign(birth, { behaviour: image.checkedByDocker('unhealthy', 1_000) });
      },
    );

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [], errors: [{ code: 'bake.failed', host: 'i-1' }] });
    expect(result.errors[0]?.message).toContain(`Docker's own health check finds "api" unhealthy`);
    expect(await stage.later()).toEqual(both('v1 running, in service'));
  });

  it("fails its proof when Docker's own check decides nothing within 5 minutes", async () => {
    const stage = new FleetStage({ hosts: 2, ...noProbe });
    stage.release(image.checkedByDocker('healthy', 3_600_000));

    const result = await stage.deploy();

    expect(result).toMatchObject({
      exit: 4,
      named: [],
      errors: [{ code: 'health.not_proven', host: 'i-1' }],
    });
    expect(await stage.later()).toEqual(both('v1 running, in service'));
  });

  it('keeps finished hosts that have no way back any more, where their new containers stay up', async () => {
    const stage = new FleetStage({ hosts: 3, ...noProbe });
    stage.atTask('i-3', 'docker_container', 'task.ended', () => {
      for (const host of [stage.host('i-1'), stage.host('i-2')]) {
        for (const container of host.containers.values()) {
          if (!container.running) host.remove('operator', container);
        }
      }
      const container = stage.host('i-3').named('api');
      if (container !== undefined) container.restartPolicy = { name: 'no' };
      container?.exit(1);
    });

    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual([
      'i-1: v2 running, in service',
      'i-2: v2 running, in service',
      'i-3: v1 running, in service',
    ]);
  });
});

describe('a health check that runs a command', () => {
  const health = { command: ['/opt/check'], passes: 2, interval: '1s', timeout: '20s' };

  it('is run again when its connection is lost', async () => {
    const stage = new FleetStage({ hosts: 2, groupVars: { health } });
    let runs = 0;
    stage.transport.when(({ text }) =>
      text.includes('/opt/check') && (runs += 1) === 1
        ? { outcome: { kind: 'unknown', reason: 'connection lost' } }
        : undefined,
    );

    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(runs).toBeGreaterThan(4);
  });
});

describe('a host that is lost', () => {
  it('while it is proven anew, before it is registered: it is told as lost, and named with what it held', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { reconnect: '20s' } });
    stage.atTask('i-1', 'health', 'task.ended', () => {
      const host = stage.host('i-1');
      host.restartEngine(5_000, 'terminated', 2_000);
      stage.world.clock.after(8_000, () => host.lose());
    });

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.errors[0]?.code).toMatch(/^ssh\./);
    expect(stage.now[0]).toContain('not registered');
  });

  it('while what was unhealthy is tried to be proven healthy: it is named, and the next recovery restores it', async () => {
    const stage = new FleetStage({
      hosts: 2,
      previous: image.neverHealthy(),
      states: ['unhealthy', 'unhealthy'],
      rollout: { reconnect: '20s' },
    });
    stage.release(image.neverHealthy());
    stage.at(
      (event) => event.type === 'restore.step' && event.step.includes('health'),
      () => stage.host('i-1').lose(),
    );

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.named[0]?.held.length).toBeGreaterThan(0);
    stage.host('i-1').find();
    await stage.recover();
    expect((await stage.later())[0]).toMatch(/^i-1: v1 running, (initial|unhealthy)$/);
  });
});

describe('a signal', () => {
  it('while a restore waits for a request whose answer was lost does not leave the host without a word', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.release(image.neverHealthy());
    let isCut = false;
    stage.world.calls.intercept = async (call, proceed) => {
      const isStop = stage.told('restore.started').length > 0 && call.method === 'stop';
      if (!isStop || isCut) return proceed();
      isCut = true;
      stage.interrupt();
      throw connectionLost(stage.host('i-1').host, 'read ECONNRESET');
    };

    const result = await stage.deploy();

    expect(isCut).toBe(true);
    const isNamed = result.named.some(({ host }) => host === 'i-1');
    const [first] = await stage.later();
    expect(isNamed || first === 'i-1: v1 running, in service').toBe(true);
  });
});
