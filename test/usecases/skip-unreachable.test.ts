import { describe, expect, it, vi } from 'vitest';
import { AdfError, errorsOf } from '../../src/errors/adf-error.js';
import { planWith } from '../../src/deploy/plan.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const withLost = (ids: readonly string[], hosts = 4): FleetStage => {
  const stage = new FleetStage({ hosts });
  for (const id of ids) stage.host(id).lose();
  return stage;
};
const loginRefused = new AdfError({ code: 'ssh.authentication', class: 'failed', message: 'no such key' });
const refusal = async (stage: FleetStage, skipUnreachable: number): Promise<readonly string[]> => {
  const thrown: unknown = await stage.deploy({ skipUnreachable }).catch((error: unknown) => error);
  expect(stage.mutations).toEqual([]);
  return errorsOf(thrown).map(({ code }) => code);
};

describe('--skip-unreachable', () => {
  it('rolls the others, and names those left out in plan, events and result, which is never exit 0', async () => {
    const stage = withLost(['i-2']);

    const result = await stage.deploy({ skipUnreachable: 1 });

    expect(result).toMatchObject({ exit: 4, outcome: 'failed', named: [] });
    expect(result.errors).toMatchObject([
      { code: 'fleet.host_skipped', host: 'i-2', hint: expect.stringContaining('again') as string },
    ]);
    expect(result.hosts.map(({ host, status, unreachable }) => [host, status, unreachable])).toEqual([
      ['i-1', 'deployed', 0],
      ['i-3', 'deployed', 0],
      ['i-4', 'deployed', 0],
      ['i-2', 'untouched', 1],
    ]);
    expect(stage.told('plan.made')[0]?.plan.leftOut).toMatchObject([{ host: 'i-2', name: 'i-2' }]);
    expect(stage.told('warning').map(({ host }) => host?.id)).toEqual(['i-2']);
    expect(await stage.later()).toEqual([
      'i-1: v2 running, in service',
      'i-2: v1 running, in service',
      'i-3: v2 running, in service',
      'i-4: v2 running, in service',
    ]);
  });

  it('is done by running it again when they are back', async () => {
    const stage = withLost(['i-2']);
    await stage.deploy({ skipUnreachable: 1 });
    stage.host('i-2').find();

    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged' });

    expect((await stage.later())[1]).toBe('i-2: v2 running, in service');
  });

  it('refuses when more than that many cannot be reached, and names them all', async () => {
    expect(await refusal(withLost(['i-2', 'i-3']), 1)).toEqual(['ssh.unreachable', 'ssh.unreachable']);
    expect(await refusal(withLost(['i-2']), 0)).toEqual(['ssh.unreachable']);
  });

  it('leaves out no host that answers and is unfit', async () => {
    const stage = withLost([]);
    stage.host('i-3').freeBytes = 1;
    expect(await refusal(stage, 4)).toEqual(['preflight.disk']);
  });

  it('leaves out no host that refuses the login', async () => {
    const stage = withLost([]);
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method === 'connect' && call.host === 'i-3') throw loginRefused;
      return proceed();
    };
    expect(await refusal(stage, 4)).toEqual(['ssh.authentication']);
  });

  it('rolls no group without hosts', async () => {
    expect(await refusal(withLost(['i-1', 'i-2'], 2), 2)).toEqual(['ssh.unreachable', 'ssh.unreachable']);
  });

  it('has the lease on all listed hosts, and counts the targets of those left out for the floor', async () => {
    const stage = withLost(['i-2']);
    stage.with({ rollout: { serial: '100%', bake: '1s', min_healthy: '75%' } });

    const acquire = vi.spyOn(stage.leases, 'acquire');

    await stage.deploy({ skipUnreachable: 1 });

    // 3 of 4 registered ones must stay healthy: one host goes at a time, though the lost one stays in service.
    expect(
      Math.min(
        ...stage
          .told('batch.started')
          .slice(1, 4)
          .map(({ hosts }) => hosts.length),
      ),
    ).toBe(1);
    expect(acquire.mock.calls.map(([{ hosts }]) => hosts.length)).toEqual([4]);
  });

  it('is told by plan as well, which refuses nothing then', async () => {
    const stage = withLost(['i-2']);
    const options = { ...deployOptions, skipUnreachable: 1 };

    const [plan] = await stage.world.clock.run(planWith(await stage.ports(), options, stage.hooks));

    expect(plan?.leftOut).toMatchObject([{ name: 'i-2' }]);
    expect(plan?.hosts.map(({ host }) => host)).toEqual(['i-1', 'i-3', 'i-4']);
  });
});
