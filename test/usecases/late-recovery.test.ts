import { describe, expect, it } from 'vitest';
import type { Milliseconds } from '../../src/model/duration.js';
import { deployWith } from '../../src/usecases/deploy.js';
import { deployOptions, FleetStage } from '../engine/fleet-stage.js';
import { Life, mortal } from '../fakes/mortal-world.js';

const key = 'test.api';
/** What a killed process may have sent last. */
const changing = new Set(['create', 'start', 'stop', 'rename', 'setRestartPolicy', 'register', 'deregister', 'keepHold', 'forgetHold']);
const stopTimeout: Milliseconds = 60_000;

/** Deploys with a process that is killed at this changing call, counted from 1; the call is carried out late. */
async function killedAt(number: number, late: (method: string) => Milliseconds) {
  const container = { name: 'api', ports: ['5060:5000'], stop_timeout: '60s' };
  const stage = new FleetStage({ hosts: 2, groupVars: { container } });
  const { clock, calls } = stage.world;
  const life = new Life();
  const made: string[] = [];
  calls.intercept = async (call, proceed) => {
    if (life.dead || !changing.has(call.method)) return proceed();
    made.push(call.method);
    if (made.length !== number) return proceed();
    clock.after(late(call.method), () => void proceed().catch(() => undefined), true);
    life.end();
    return new Promise<never>(() => undefined);
  };
  const work = deployWith(mortal(await stage.ports(), life), deployOptions, stage.hooks);
  await clock.run(
    Promise.race([
      work.then(
        () => undefined,
        () => undefined,
      ),
      life.died,
    ]),
  );
  // Somebody released the lock by force, so that nothing but the wait for late requests is between the two.
  stage.leases.lapse(key);
  return { stage, made };
}

describe('recover, at once after the process was killed', () => {
  it.each([
    ['soon', () => 3_000],
    ['late', (method: string) => (method === 'stop' ? stopTimeout - 500 : 12_000)],
  ])('is not undone by what that process had sent last, and what is carried out %s', async (_, late) => {
    const { made } = await killedAt(0, late);
    expect(made).toContain('stop');
    for (let number = 1; number <= made.length; number += 1) {
      const { stage } = await killedAt(number, late);

      const result = await stage.recover();

      const at = `${number} ${made[number - 1] ?? ''}`;
      expect({ at, exit: result.exit, named: result.named }).toEqual({ at, exit: 0, named: [] });
      const places = await stage.later();
      expect({ at, places: places.filter((one) => !/v[12] running, in service$/.test(one)) }).toEqual({
        at,
        places: [],
      });
      expect(stage.hosts.flatMap(({ holds }) => [...holds.keys()])).toEqual([]);
    }
  });
});
