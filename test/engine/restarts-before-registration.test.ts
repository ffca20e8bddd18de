import { describe, expect, it } from 'vitest';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const both = (what: string): readonly string[] => ['i-1', 'i-2'].map((id) => `${id}: ${what}`);

/** A deploy in which something happens to the first host when it has been proven healthy, and is not registered yet. */
function whenProven(act: (stage: FleetStage) => void, options: StageOptions = {}): FleetStage {
  const stage = new FleetStage({ hosts: 2, ...options });
  stage.atTask('i-1', 'health', 'task.ended', () => act(stage));
  return stage;
}

/** Registrations of i-1 that were made while its container did not serve. */
function registeredTooSoon(stage: FleetStage): readonly string[] {
  const bad: string[] = [];
  stage.world.calls.intercept = (call, proceed) => {
    const registers = call.port === 'traffic' && call.method === 'register' && call.about.includes('i-1');
    if (registers && !stage.host('i-1').serves(5060)) bad.push(call.about);
    return proceed();
  };
  return bad;
}

describe('an Engine that is restarted after its host was proven healthy, and before that is registered', () => {
  it.each([
    ['answers while its containers are down already', 4_000],
    ['is away at once', 0],
  ])('%s: the host is proven again, and then put in service', async (_how, stopping) => {
    const stage = whenProven((fleet) => fleet.host('i-1').restartEngine(10_000, 'terminated', stopping));
    const bad = registeredTooSoon(stage);

    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged', errors: [] });

    expect(bad).toEqual([]);
    expect(await stage.later()).toEqual(both('v2 running, in service'));
  });

  it('and does not become healthy any more: the host is not put in service with it, and goes back', async () => {
    const stage = whenProven((fleet) => {
      const container = fleet.host('i-1').named('api');
      if (container !== undefined) Object.assign(container.birth, { behaviour: image.neverHealthy() });
      fleet.host('i-1').restartEngine(10_000, 'terminated');
    });
    const bad = registeredTooSoon(stage);

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors[0]).toMatchObject({ code: 'interlock.unhealthy', host: 'i-1' });
    expect(bad).toEqual([]);
    expect(await stage.later()).toEqual(both('v1 running, in service'));
  });

  it('with a container that has crashed since: that is no restart of the Engine, and it is not put in service', async () => {
    const stage = whenProven((fleet) => {
      const container = fleet.host('i-1').named('api');
      if (container !== undefined) Object.assign(container.birth, { behaviour: image.neverHealthy() });
      container?.exit(1);
      // Docker starts it again, and counts that.
      fleet.world.calls.intercept = async (_call, proceed) => {
        while (container?.observed().restarting === true) await fleet.world.clock.sleep(10);
        return proceed();
      };
    });

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors[0]).toMatchObject({ code: 'interlock.unhealthy', host: 'i-1' });
    expect(await stage.later()).toEqual(both('v1 running, in service'));
  });

  it('in a group without a health check: its containers must stay up again', async () => {
    const stage = whenProven((fleet) => fleet.host('i-1').restartEngine(10_000, 'terminated'), {
      groupVars: { health: 'none' },
    });
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(await stage.later()).toEqual(both('v2 running, in service'));
  });
});
