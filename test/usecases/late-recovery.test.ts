import { describe, expect, it } from 'vitest';
import type { Milliseconds } from '../../src/model/duration.js';
import type { RunHooks } from '../../src/world/context.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import type { World } from '../../src/world/world.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';
import { Life, mortal } from '../fakes/mortal-world.js';

const key = 'test.api';
/** What a killed process may have sent last. */
const changing = new Set([
  ...['create', 'start', 'stop', 'rename', 'setRestartPolicy', 'remove', 'keepHold', 'forgetHold'],
  ...['register', 'deregister'],
]);
const stopTimeout: Milliseconds = 60_000;

type Late = (method: string) => Milliseconds;
type Work = (world: World, hooks: RunHooks) => Promise<unknown>;

const latenesses: readonly (readonly [string, Late])[] = [
  ['soon', () => 3_000],
  ['late', (method) => (method === 'stop' ? stopTimeout - 500 : 12_000)],
];

const newStage = (): FleetStage => {
  const container = { name: 'api', ports: ['5060:5000'], stop_timeout: '60s' };
  return new FleetStage({ hosts: 2, groupVars: { container } });
};
const deploy: Work = (world, hooks) => deployWith(world, deployOptions, hooks);
const { project, environment, extraVars } = deployOptions;
const recover: Work = (world, hooks) => recoverWith(world, { project, environment, extraVars }, hooks);

/**
 * Works in a process that is killed at this changing call, counted from 1; the call is carried out late. Gives the changing calls that it
 * made. Its lock is then released by force, so that nothing but the wait for late requests is between it and the next process.
 */
async function killedAt(
  number: number,
  late: Late,
  stage: FleetStage,
  work: Work,
): Promise<readonly string[]> {
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
  const working = work(mortal(await stage.ports(), life), stage.hooks).catch(() => undefined);
  await clock.run(Promise.race([working, life.died]));
  stage.leases.lapse(key);
  return made;
}

/** Recovers, and expects that nothing is left to be done, at once and ten minutes later. `at` says when the process was killed. */
async function expectRecovered(stage: FleetStage, at: string): Promise<void> {
  const { exit, named } = await stage.recover();
  expect({ at, exit, named }).toEqual({ at, exit: 0, named: [] });
  const wrong = (await stage.later()).filter((one) => !/v[12] running, in service$/.test(one));
  const kept = stage.hosts.flatMap(({ holds }) => [...holds.keys()]);
  expect({ at, wrong, kept }).toEqual({ at, wrong: [], kept: [] });
}

describe.each(latenesses)('what a killed process had sent last, and is carried out %s', (_, late) => {
  it('does not undo what recover does at once', async () => {
    const made = await killedAt(0, late, newStage(), deploy);
    expect(made).toContain('stop');
    for (const [index, method] of made.entries()) {
      const stage = newStage();
      await killedAt(index + 1, late, stage, deploy);
      await expectRecovered(stage, `${index + 1} ${method}`);
    }
  });

  it('does not when recover itself was killed, and begins again', async () => {
    const interrupted = async (): Promise<FleetStage> => {
      const stage = newStage();
      const made = await killedAt(0, late, newStage(), deploy);
      await killedAt(made.indexOf('start') + 1, late, stage, deploy);
      return stage;
    };
    const made = await killedAt(0, late, await interrupted(), recover);
    expect(made).toContain('stop');
    for (const [index, method] of made.entries()) {
      const stage = await interrupted();
      await killedAt(index + 1, late, stage, recover);
      await expectRecovered(stage, `${index + 1} ${method}`);
    }
  });
});
