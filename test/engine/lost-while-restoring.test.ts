import { describe, expect, it } from 'vitest';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage } from '../stages/fleet-stage.js';

const key = 'test.api';

describe('a lease that is lost while a host is restored', () => {
  it('is taken anew, and the host is restored', async () => {
    const stage = new FleetStage();
    stage.release(image.exitsAtOnce());
    stage.at(
      ({ type }) => type === 'restore.started',
      () => stage.leases.lapse(key),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual([1, 2, 3].map((id) => `i-${id}: v1 running, in service`));
    expect(stage.leases.holder(key)).toBeUndefined();
  });
});
