import { describe, expect, it } from 'vitest';
import { noAnswer } from '../../src/errors/ssh.js';
import type { Milliseconds } from '../../src/model/duration.js';
import { FleetStage } from '../stages/fleet-stage.js';

/** The machine of the host stands still for a while: no connection is closed, and what it is asked it answers afterwards. */
function standStill(stage: FleetStage, id: string, lasts: Milliseconds): void {
  const { clock, calls } = stage.world;
  const host = stage.host(id);
  const until = clock.elapsed() + lasts;
  host.standsStill = true;
  clock.after(lasts, () => (host.standsStill = false), true);
  calls.intercept = async (call, proceed) => {
    const left = until - clock.elapsed();
    if (call.host !== host.host.id || left <= 0) return proceed();
    const { timeout = Infinity } = call;
    await clock.sleep(Math.min(timeout, left));
    if (left > timeout) throw noAnswer(host.host, call.about, `nothing came within ${timeout / 1_000} s`);
    return proceed();
  };
}

const bothDeployed = ['i-1: v2 running, in service', 'i-2: v2 running, in service'];

describe('a host that stands still, and whose balancer has missed its checks', () => {
  it.each([14_000, 18_000])('is baked anew once it answers, after %i ms', async (lasts) => {
    const stage = new FleetStage({ hosts: 2, rollout: { bake: '20s' } });
    stage.at(
      ({ type }) => type === 'bake.started',
      () => standStill(stage, 'i-1', lasts),
    );

    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [] });
    expect(stage.now).toEqual(bothDeployed);
  });

  it('is baked anew also when nothing but a probe fell into that time', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { bake: '20s' } });
    let looks = 0;
    stage.world.calls.intercept = async (call, proceed) => {
      const isBaking = stage.told('bake.started').length === 1 && stage.told('bake.ended').length === 0;
      if (isBaking && call.port === 'http' && (looks += 1) === 1) {
        standStill(stage, 'i-1', 6_900);
        return stage.world.calls.intercept(call, proceed);
      }
      return proceed();
    };
    // Its balancer checks just then.
    stage.at(
      ({ type }) => type === 'bake.started',
      () => stage.group.flap(stage.registrations[0]!, 12_000),
    );

    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [] });
    expect(looks).toBeGreaterThan(0);
    expect(stage.now).toEqual(bothDeployed);
  });

  it('is baked anew when it stood still after its turn, while it was not asked', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { serial: 2, min_healthy: 0, bake: '20s' } });
    stage.at(
      (event) =>
        event.type === 'turn.ended' && event.host.id === 'i-1' && stage.told('hold.settled').length > 0,
      () => stage.group.flap(stage.registrations[0]!, 10_000),
    );

    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [] });
    expect(stage.now).toEqual(bothDeployed);
  });

  it('is looked at again when its balancer finds it healthy just after the last look', async () => {
    const stage = new FleetStage({ hosts: 2 });
    let reads = 0;
    stage.world.calls.intercept = async (call, proceed) => {
      const answer = await proceed();
      const isAudit = stage.told('phase.started').some(({ phase }) => phase === 'audit');
      if (isAudit && call.port === 'traffic' && call.method === 'health') reads += 1;
      if (reads === 1) stage.group.force(stage.registrations[0]!, 'healthy');
      return answer;
    };
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'audit',
      () => stage.group.force(stage.registrations[0]!, 'unhealthy'),
    );

    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [] });
    expect(reads).toBeGreaterThan(1);
  });

  it('is waited for at the last look, though it was not asked meanwhile', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'audit',
      () => stage.group.flap(stage.registrations[0]!, 20_000),
    );

    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [] });
    expect(stage.now).toEqual(bothDeployed);
  });

  it('fails at the last look when its balancer does not find it healthy any more', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'audit',
      () => stage.group.flap(stage.registrations[0]!, 3_600_000),
    );

    const result = await stage.deploy();

    expect(result.exit).toBe(4);
    expect(result.errors.map(({ code }) => code)).toEqual(['audit.failed']);
  });
});

describe('an app that accepts connections and never answers', () => {
  it('fails its bake, as one that answers wrongly does', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { bake: '20s', on_failure: 'restore' } });
    const { calls, clock } = stage.world;
    calls.intercept = async (call, proceed) => {
      const isBaking = stage.told('bake.started').length > 0 && stage.told('bake.ended').length === 0;
      if (!isBaking || call.port !== 'http') return proceed();
      await clock.sleep(call.timeout ?? 0);
      throw noAnswer(stage.host('i-1').host, call.about, 'nothing came');
    };

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors.map(({ code }) => code)).toEqual(['bake.failed']);
  });
});
