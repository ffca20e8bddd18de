import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { everyNth } from '../deep.js';
import { deployOptions, FleetStage, packaged } from '../stages/fleet-stage.js';

/** A deploy that died right after the first of these calls. */
async function killedAfter(method: string): Promise<FleetStage> {
  const deploy = (stage: FleetStage, call?: number) =>
    stage.untilDeath(call === undefined ? undefined : { call, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
  const { calls } = await deploy(new FleetStage());
  const stage = new FleetStage();
  await deploy(stage, calls.indexOf(method) + 1);
  return stage;
}

/** As `docker container prune` does: what is stopped is gone. */
function prune(stage: FleetStage, ...ids: readonly string[]): void {
  for (const host of ids.map((id) => stage.host(id))) {
    for (const container of [...host.containers.values()]) {
      if (!container.running) host.remove('operator', container);
    }
  }
}

describe('a container that a person started under the name', () => {
  it('is left as it is by recover, and named with what to type', async () => {
    const stage = await killedAfter('runtime.stop');
    const host = stage.host('i-1');
    const digest = stage.world.images.tagged('registry:5000/api', 'v2')!;
    const made = host.runs({
      name: 'api',
      repository: 'registry:5000/api',
      digest,
      ports: [5060],
      labels: {},
    });
    stage.group.register('operator', stage.registrations[0]!);
    await stage.world.clock.advance(60_000);
    const result = await stage.recover({ lockWait: 300_000 });
    expect(result.exit).toBe(5);
    expect(result.named.map(({ host: id }) => id)).toEqual(['i-1']);
    expect(result.named[0]?.reason).toContain('docker rename');
    expect((await stage.later())[0]).toBe('i-1: v2 running, in service');
    expect(host.containers.has(made.id)).toBe(true);
  });
});

describe('predecessors that are pruned in the middle of a run', () => {
  it('are no more than a lost way back for hosts that finished', async () => {
    const stage = new FleetStage({ hosts: 4 });
    stage.atTask('i-3', 'health', 'task.started', () => {
      prune(stage, 'i-1', 'i-2');
      stage.host('i-3').named('api')!.restartPolicy = { name: 'no' };
      stage.host('i-3').named('api')!.exit(1);
    });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual([
      'deployed',
      'deployed',
      'restored',
      'untouched',
    ]);
    expect(await stage.later()).toEqual([
      'i-1: v2 running, in service',
      'i-2: v2 running, in service',
      'i-3: v1 running, in service',
      'i-4: v1 running, in service',
    ]);
    const warned = stage.told('warning').filter(({ message }) => message.includes('way back is lost'));
    expect(warned.map(({ host }) => host?.id).toSorted()).toEqual(['i-1', 'i-2']);
    expect(stage.hosts.map(({ holds }) => holds.size)).toEqual([0, 0, 0, 0]);
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
  });

  it('are named of a host that failed, which is left as it is', async () => {
    const stage = new FleetStage({ hosts: 4 });
    stage.atTask('i-1', 'health', 'task.started', () => {
      prune(stage, 'i-1');
      stage.host('i-1').named('api')!.restartPolicy = { name: 'no' };
      stage.host('i-1').named('api')!.exit(1);
    });
    const result = await stage.deploy();
    expect(result.named.map(({ host }) => host)).toEqual(['i-1']);
    // A person starts it, and it is well: what is held is settled without a volume being deleted by hand.
    const container = stage.host('i-1').named('api')!;
    container.start('operator');
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toMatch(/^i-1: v2 running.*, in service$/);
    expect(stage.host('i-1').holds.size).toBe(0);
  });

  it('do not keep a host that was killed with a healthy container from coming back in service', async () => {
    const stage = await killedAfter('runtime.start');
    prune(stage, 'i-1');
    const result = await stage.recover({ lockWait: 300_000 });
    expect(result).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toBe('i-1: v2 running, in service');
    expect(stage.host('i-1').holds.size).toBe(0);
  });
});

describe('a host with several containers', () => {
  const pair = (): FleetStage => {
    const stage = new FleetStage({
      groupVars: {
        container: undefined,
        containers: [{ name: 'api', ports: ['5060:5000'] }, { name: 'worker' }],
      },
    });
    for (const host of stage.hosts) stage.runsV1(host, 'worker', []);
    return stage;
  };
  const deploy = (stage: FleetStage, death?: { readonly call: number; readonly when: 'before' | 'after' }) =>
    stage.untilDeath(death, (world, hooks) => deployWith(world, deployOptions, hooks));
  const digests = (stage: FleetStage): readonly number[] =>
    stage.hosts.map((host) => new Set(['api', 'worker'].map((name) => host.named(name)?.birth.digest)).size);

  it.each(['here', 'elsewhere'])(
    'is at one release when its run is killed at any moment, recovered %s',
    async (where) => {
      const { calls } = await deploy(pair());
      const settling = calls.flatMap((call, index) =>
        /^(journals\.append|hostHolds\.forget|runtime\.(start|stop))$/.test(call) ? [index + 1] : [],
      );
      expect(settling.length).toBeGreaterThan(20);
      for (const call of everyNth(7, settling)) {
        for (const when of ['before', 'after'] as const) {
          const stage = pair();
          await deploy(stage, { call, when });
          const world = where === 'here' ? await stage.ports() : await stage.elsewhere();
          const { project, environment, extraVars } = deployOptions;
          const options = { project, environment, extraVars, lockWait: 300_000 };
          await stage.world.clock.run(recoverWith(world, options, stage.hooks));
          const now = await stage.later();
          expect(digests(stage), `${when} call ${call}, ${calls[call - 1]}: ${now.join('; ')}`).toEqual([
            1, 1, 1,
          ]);
          expect(now.every((one) => one.endsWith('running, in service'))).toBe(true);
        }
      }
    },
  );
});

describe('a target group that only the playbook names', () => {
  const playbook = packaged.replaceAll("'{{ target_groups }}'", '[api-http, extra]');

  it.each(['here', 'elsewhere'])(
    'keeps its floor and its deregistration delay, recovered %s',
    async (where) => {
      const make = (): FleetStage => {
        const stage = new FleetStage({ playbook, rollout: { bake: '60s' } });
        const extra = stage.world.addTargetGroup('extra', { deregistrationDelay: 90_000 });
        for (const host of stage.hosts) stage.world.registered(extra, host, 5060, 'healthy');
        return stage;
      };
      // In service everywhere with the new container, which is not settled yet.
      const { calls } = await make().untilDeath(undefined, (world, hooks) =>
        deployWith(world, deployOptions, hooks),
      );
      const inService = calls.indexOf('traffic.register', calls.indexOf('runtime.start'));
      const stage = make();
      const killAt = calls.indexOf('hostHolds.forget', inService) + 4;
      await stage.untilDeath({ call: killAt, when: 'after' }, (world, hooks) =>
        deployWith(world, deployOptions, hooks),
      );
      await stage.world.clock.advance(60_000);
      stage.world.calls.log.length = 0;
      const world = where === 'here' ? await stage.ports() : await stage.elsewhere();
      const { project, environment, extraVars } = deployOptions;
      const options = { project, environment, extraVars, lockWait: 300_000 };
      const result = await stage.world.clock.run(recoverWith(world, options, stage.hooks));
      expect(result).toMatchObject({ exit: 0, named: [] });
      expect((await stage.later())[0]).toBe('i-1: v1 running, in service');
      const drained = stage.mutations.filter((one) => one.includes('deregister'));
      expect(drained).toHaveLength(2);
    },
  );
});
