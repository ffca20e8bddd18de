import { describe, expect, it } from 'vitest';
import { AdfErrors } from '../../src/errors/adf-error.js';
import type { Registration } from '../../src/model/registration.js';
import { FleetStage } from '../stages/fleet-stage.js';

/** Somebody works at the balancer while this host is rolled. */
const whileRolling = (stage: FleetStage, id: string, act: () => void): void =>
  stage.atTask(id, 'health', 'task.ended', act);
const placeOf = (stage: FleetStage, host: number): Registration => stage.registrations[host - 1]!;
const deregister = (stage: FleetStage, host: number): void =>
  stage.group.deregister('world', placeOf(stage, host));
const codes = (errors: readonly { readonly code: string }[]): readonly string[] =>
  errors.map(({ code }) => code);

describe('a host that others deregister before its turn', () => {
  it.each([
    ['that is still draining then', 60_000],
    ['that is drained by then', 0],
  ])('%s is rolled, and not put back there', async (_, deregistrationDelay) => {
    const stage = new FleetStage({ targetGroup: { deregistrationDelay }, rollout: { min_healthy: '25%' } });
    whileRolling(stage, 'i-1', () => deregister(stage, 3));

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, outcome: 'failed', named: [] });
    expect(result.errors).toMatchObject([
      {
        code: 'fleet.deregistered_by_others',
        host: 'i-3',
        message: expect.stringContaining('api-http:5060') as string,
      },
    ]);
    expect(stage.told('warning').filter(({ host }) => host?.id === 'i-3')).toHaveLength(1);
    expect(stage.told('rollback.started')).toEqual([]);
    expect(await stage.later()).toEqual([
      'i-1: v2 running, in service',
      'i-2: v2 running, in service',
      'i-3: v2 running, not registered',
    ]);
  });

  it('is restored without it when its turn fails', async () => {
    const stage = new FleetStage({ rollout: { on_failure: 'restore' } });
    whileRolling(stage, 'i-1', () => deregister(stage, 2));
    stage.atTask('i-2', 'docker_container', 'task.ended', () =>
      stage.host('i-2').named('api')!.stop('world'),
    );

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(codes(result.errors)).toContain('fleet.deregistered_by_others');
    expect((await stage.later())[1]).toBe('i-2: v1 running, not registered');
  });

  it('and registers again in time is in service as planned: exit 0', async () => {
    const stage = new FleetStage({ rollout: { min_healthy: '25%' } });
    whileRolling(stage, 'i-1', () => deregister(stage, 3));
    whileRolling(stage, 'i-3', () => stage.group.register('world', placeOf(stage, 3)));
    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [] });
    expect((await stage.later())[2]).toBe('i-3: v2 running, in service');
  });

  it('is refused when that happens between the plan and the lease', async () => {
    const stage = new FleetStage();
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'lease',
      () => deregister(stage, 3),
    );
    const thrown: unknown = await stage.deploy().catch((error: unknown) => error);
    expect(thrown).not.toBeInstanceOf(AdfErrors);
    expect(thrown).toMatchObject({ code: 'preflight.changed_since_plan' });
    expect(stage.mutations).toEqual([]);
  });
});

describe('a host that others deregister after its turn', () => {
  it.each([
    ['in its bake', 'bake.started'],
    ['later', 'batch.ended'],
  ] as const)('%s stays out, and the release is not blamed', async (_, type) => {
    const stage = new FleetStage({ hosts: 4, rollout: { min_healthy: '25%' } });
    stage.at(
      (event) => event.type === type && event.batch === 1 && event.play.startsWith('Roll'),
      () => deregister(stage, 1),
    );

    const result = await stage.deploy();

    expect(codes(result.errors)).toEqual(['fleet.deregistered_by_others']);
    expect(result.exit).toBe(4);
    expect(await stage.later()).toEqual([
      'i-1: v2 running, not registered',
      'i-2: v2 running, in service',
      'i-3: v2 running, in service',
      'i-4: v2 running, in service',
    ]);
  });

  it('stays out when the fleet is rolled back', async () => {
    const stage = new FleetStage({ hosts: 4, rollout: { min_healthy: '25%' } });
    stage.at(
      (event) => event.type === 'batch.ended' && event.batch === 1 && event.play.startsWith('Roll'),
      () => deregister(stage, 1),
    );
    stage.atTask('i-2', 'docker_container', 'task.ended', () =>
      stage.host('i-2').named('api')!.stop('world'),
    );

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(codes(result.errors)).toContain('fleet.deregistered_by_others');
    expect(await stage.later()).toEqual([
      'i-1: v1 running, not registered',
      'i-2: v1 running, in service',
      'i-3: v1 running, in service',
      'i-4: v1 running, in service',
    ]);
  });
});

describe('a host that others register', () => {
  it('on another port before its turn is drained from there too, and put back', async () => {
    const stage = new FleetStage({
      groupVars: { container: { name: 'api', ports: ['5060:5000', '5061:5000'] } },
    });
    for (const id of ['i-1', 'i-2', 'i-3']) {
      const api = stage.host(id).named('api')!;
      stage.host(id).remove('world', api);
      stage.runsV1(stage.host(id), 'api');
    }
    const second = { ...placeOf(stage, 3), port: 5061 };
    whileRolling(stage, 'i-1', () => stage.group.register('world', second));

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 0, named: [] });
    expect(stage.mutations).toContain('traffic deregister api-http i-3:5060 i-3:5061');
    await stage.later();
    expect(stage.group.healthOf(second).state).toBe('healthy');
  });

  it('again while the run has it drained keeps its container: interlock 3', async () => {
    const stage = new FleetStage();
    stage.atTask('i-1', 'docker_container', 'task.started', () =>
      stage.group.register('world', placeOf(stage, 1)),
    );

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(codes(result.errors)).toEqual(['fleet.registered_again']);
    expect(stage.mutations.filter((call) => call.startsWith('i-1 stop'))).toEqual([]);
    expect(await stage.later()).toEqual([
      'i-1: v1 running, in service',
      'i-2: v1 running, in service',
      'i-3: v1 running, in service',
    ]);
  });
});
