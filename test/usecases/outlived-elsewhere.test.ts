import { describe, expect, it } from 'vitest';
import { unreachable } from '../../src/errors/ssh.js';
import type { RunResult } from '../../src/model/run-result.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const { project, environment, extraVars } = deployOptions;

async function recoverElsewhere(stage: FleetStage): Promise<RunResult> {
  const options = { project, environment, extraVars, lockWait: 300_000 };
  const world = await stage.elsewhere();
  return stage.world.clock.run(recoverWith(world, options, stage.hooks));
}

const kindOf = (stage: FleetStage, id: string): string | undefined =>
  [...stage.host('i-1').holds.values()].find(({ hold }) => hold.id === id)?.hold.kind;

/** A deploy that ends well, though notes of what it had taken from i-1 could not be taken off. */
async function deployedWithNotesLeft(kinds: readonly string[]): Promise<FleetStage> {
  const stage = new FleetStage();
  stage.world.calls.intercept = (call, proceed) =>
    call.method === 'forgetHold' && call.host === 'i-1' && kinds.includes(kindOf(stage, call.about) ?? '')
      ? Promise.reject(unreachable(stage.host('i-1').host, 'tcp', 'connect ETIMEDOUT'))
      : proceed();
  expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged' });
  stage.world.calls.intercept = (_, proceed) => proceed();
  expect([...stage.host('i-1').holds.values()].map(({ hold: { kind } }) => kind)).toEqual(kinds);
  return stage;
}

describe('the note of a container on a host of a run that ended, met by a machine without the journal', () => {
  it.each([[['container']], [['registration', 'container']]])(
    'is taken off, and the host keeps its good release (left: %j)',
    async (kinds) => {
      const stage = await deployedWithNotesLeft(kinds);
      await stage.world.clock.advance(600_000);
      const before = stage.mutations.length;
      expect(await recoverElsewhere(stage)).toMatchObject({ exit: 0, named: [] });
      expect((await stage.later())[0]).toBe('i-1: v2 running, in service');
      expect(stage.host('i-1').holds.size).toBe(0);
      expect(stage.mutations.slice(before).filter((call) => !call.includes('Hold'))).toEqual([]);
    },
  );

  it('is believed where the container was restarted since: it did not prove itself', async () => {
    const stage = await deployedWithNotesLeft(['container']);
    stage.host('i-1').named('api')?.exit(1);
    await stage.world.clock.advance(600_000);
    expect(await recoverElsewhere(stage)).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toBe('i-1: v1 running, in service');
  });
});

describe('a run that was killed in its bake, met by a machine without the journal', () => {
  const inBake = async (bake: string): Promise<FleetStage> => {
    const stage = new FleetStage({ rollout: { bake } });
    const whole = await new FleetStage().untilDeath(undefined, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
    const call = whole.calls.indexOf('traffic.register') + 12;
    await stage.untilDeath({ call, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
    await stage.world.clock.advance(120_000);
    return stage;
  };

  it('is restored while the container is younger than the bake', async () => {
    const stage = await inBake('1h');
    expect(stage.now[0]).toBe('i-1: v2 running, in service');
    expect(await recoverElsewhere(stage)).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toBe('i-1: v1 running, in service');
  });
});
