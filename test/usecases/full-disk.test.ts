import { describe, expect, it } from 'vitest';
import { fenceSilent } from '../../src/errors/lease.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

let isFull = false;

/** A deploy that was killed right after this call; from then on the fence of i-1 cannot be written, neither on disk nor in memory. */
async function killedAt(method: string): Promise<FleetStage> {
  const stage = new FleetStage();
  const whole = await new FleetStage().untilDeath(undefined, (world, hooks) =>
    deployWith(world, deployOptions, hooks),
  );
  const call = whole.calls.indexOf(method) + 1;
  await stage.untilDeath({ call, when: 'after' }, (world, hooks) => deployWith(world, deployOptions, hooks));
  await stage.world.clock.advance(120_000);
  const { host } = stage.host('i-1');
  isFull = true;
  stage.world.calls.intercept = (call, proceed) =>
    isFull && call.method === 'admit' && call.host === host.id
      ? Promise.reject(fenceSilent(host, 'cannot write in /var/tmp/adfpush'))
      : proceed();
  return stage;
}

describe('a held host whose fence cannot be written', () => {
  it('is put back in service when only its registration was taken: that changes nothing on it', async () => {
    const stage = await killedAt('traffic.deregister');
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toBe('i-1: v1 running, in service');
  });

  it('is named with what to do when its container was touched, and recovered after that', async () => {
    const stage = await killedAt('runtime.stop');
    const result = await stage.recover();
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.errors[0]).toMatchObject({ code: 'lease.fence_silent' });
    expect(result.errors[0]?.hint).toContain('df -h /var/tmp /dev/shm');
    isFull = false;
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toBe('i-1: v1 running, in service');
  });
});
