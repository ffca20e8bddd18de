import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';

/** A deploy that was killed when the new container of i-1 was in service, and before its bake was over. */
async function killedInService(given: StageOptions): Promise<FleetStage> {
  const deploy = (stage: FleetStage, call?: number) =>
    stage.untilDeath(call === undefined ? undefined : { call, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
  const { calls } = await deploy(new FleetStage(given));
  const killed = new FleetStage(given);
  await deploy(killed, calls.indexOf('traffic.register') + 1);
  await killed.world.clock.advance(120_000);
  return killed;
}

/** The other host fails: i-1 is all that is left. */
function loseTheOther(stage: FleetStage): void {
  const other = stage.host('i-2').named('api');
  if (other === undefined) throw new Error('nothing runs');
  other.restartPolicy = { name: 'no' };
  other.exit(1);
}

describe('a host that its group cannot spare when it is to be put back', () => {
  const rollout = { min_healthy: 1, floor_wait: '1m', reconnect: '1m' };

  it('keeps what the run gave it, when that is healthy', async () => {
    const stage = await killedInService({ hosts: 2, rollout });
    loseTheOther(stage);
    await stage.world.clock.advance(60_000);

    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });

    expect(stage.now[0]).toBe('i-1: v2 running, in service');
    expect(stage.host('i-1').holds.size).toBe(0);
  });

  it('keeps it also in a group without a health check, when its containers stay up', async () => {
    const stage = await killedInService({ hosts: 2, rollout, groupVars: { health: 'none' } });
    loseTheOther(stage);
    await stage.world.clock.advance(60_000);

    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });

    expect(stage.now[0]).toBe('i-1: v2 running, in service');
  });

  it('stays as it is and is named, when its container does not pass any more what its balancer does not ask', async () => {
    const stage = await killedInService({ hosts: 2, rollout });
    loseTheOther(stage);
    await stage.world.clock.advance(60_000);
    const world = await stage.ports();
    const http: typeof world.http = {
      request: (host, request) =>
        host.id === 'i-1'
          ? Promise.resolve({ status: 500, headers: {}, body: '', via: 'forward' as const })
          : world.http.request(host, request),
    };

    const { project, environment, extraVars } = deployOptions;
    const result = await stage.world.clock.run(
      recoverWith({ ...world, http }, { project, environment, extraVars }, stage.hooks),
    );

    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(stage.now[0]).toBe('i-1: v2 running, in service');
  });
});
