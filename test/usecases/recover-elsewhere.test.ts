import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const allOnV1 = [1, 2, 3].map((host) => `i-${host}: v1 running, in service`);

/** A fleet whose deploy was killed while it stopped the container of i-1. */
async function stageOfKilledDeploy(): Promise<FleetStage> {
  const stage = new FleetStage();
  const whole = await new FleetStage().untilDeath(undefined, (world, hooks) =>
    deployWith(world, deployOptions, hooks),
  );
  const call = whole.calls.indexOf('runtime.stop') + 1;
  await stage.untilDeath({ call, when: 'after' }, (world, hooks) => deployWith(world, deployOptions, hooks));
  return stage;
}

describe('a run that another machine recovers', () => {
  it('is recovered also after a recovery was killed between the journal that it made and its first record', async () => {
    const stage = await stageOfKilledDeploy();
    const world = await stage.elsewhere();
    const [run] = await stage.journals.runs();
    if (run !== undefined) await world.journals.create(run);
    const options = { ...deployOptions, lockWait: 300_000 };
    const result = await stage.world.clock.run(recoverWith(world, options, stage.hooks));
    expect(result).toMatchObject({ exit: 0, named: [], recovered: [run] });
    expect(await stage.later()).toEqual(allOnV1);
  });

  it('is recovered also where a held host is in its group no more', async () => {
    const stage = await stageOfKilledDeploy();
    const world = await stage.elsewhere();
    const [run] = await stage.journals.runs();
    const moved = async () => {
      const inventory = await world.listHosts();
      return {
        ...inventory,
        group: (name: string) => inventory.group(name).filter(({ id }) => id !== 'i-1'),
      };
    };
    const { project, environment, extraVars } = deployOptions;
    const options = { project, environment, extraVars, lockWait: 300_000 };
    const result = await stage.world.clock.run(
      recoverWith({ ...world, listHosts: moved }, options, stage.hooks),
    );
    expect(result).toMatchObject({ exit: 0, named: [], recovered: [run] });
    expect(await stage.later()).toEqual(allOnV1);
  });
});
