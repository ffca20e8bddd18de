import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/usecases/deploy.js';
import { deployOptions, FleetStage } from '../engine/fleet-stage.js';

/** What every host must be after a crash and its recovery: in service on one of the two releases, with nothing held. */
async function expectRestored(stage: FleetStage): Promise<void> {
  for (const host of await stage.later()) expect(host).toMatch(/v[12] running, in service$/);
  expect(stage.hosts.flatMap(({ holds }) => [...holds.keys()])).toEqual([]);
  expect(stage.leases.holder('test.api')).toBeUndefined();
}

describe('recover', () => {
  it('restores what a deploy held that was killed while it stopped a container', async () => {
    const stage = new FleetStage();
    const whole = await new FleetStage().untilDeath(undefined, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
    const call = whole.calls.indexOf('runtime.stop') + 1;
    await stage.untilDeath({ call, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
    expect(stage.now[0]).not.toContain('running, in service');
    const result = await stage.recover({ lockWait: 300_000 });
    expect(result).toMatchObject({ exit: 0, verb: 'recover', groups: ['api'], named: [] });
    expect(result.hosts.map(({ host, status }) => `${host} ${status}`)).toEqual(['i-1 restored']);
    await expectRestored(stage);
    expect(await stage.later()).toEqual([1, 2, 3].map((host) => `i-${host}: v1 running, in service`));
  });

  it('says so when nothing is held', async () => {
    const stage = new FleetStage();
    await stage.deploy();
    const before = stage.mutations.length;
    expect(await stage.recover()).toMatchObject({ exit: 0, recovered: [], hosts: [] });
    expect(stage.mutations.slice(before)).toEqual([]);
  });
});
