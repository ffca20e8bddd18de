import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import type { Event } from '../../src/events/event.js';
import { deployWith } from '../../src/deploy/deploy.js';
import type { DeployOptions } from '../../src/deploy/plan-groups.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

/** A deploy, and what another machine does while the first host of it is drained and its container replaced. */
async function whileUnderWay(given: Partial<DeployOptions>) {
  const stage = new FleetStage();
  const told: Event[] = [];
  let isUnderWay = false;
  const deploying = deployWith(await stage.ports(), deployOptions, stage.hooks);
  stage.atTask('i-1', 'health', 'task.started', () => (isUnderWay = true));
  const other = async (): Promise<readonly string[]> => {
    while (!isUnderWay) await stage.world.clock.sleep(10);
    const before = stage.mutations.length;
    const hooks = { ...stage.hooks, readers: [{ read: (event: Event) => void told.push(event) }] };
    const codes = await deployWith(await stage.elsewhere(), { ...deployOptions, ...given }, hooks).then(
      ({ errors }) => errors.map(({ code }) => code),
      (error: unknown) => errorsOf(error).map(({ code }) => code),
    );
    const theirs = stage.mutations.slice(before).filter((one) => !one.startsWith('i-1'));
    return given.check === true ? codes : [...codes, ...theirs];
  };
  const [result, codes] = await stage.world.clock.run(Promise.all([deploying, other()]));
  const warnings = told.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { stage, result, codes, warnings };
}

describe('a run that is under way on another machine', () => {
  it('is no interrupted run for a dry run, which says nothing of what it holds', async () => {
    const { stage, result, warnings } = await whileUnderWay({ check: true });
    expect(warnings.filter((one) => one.includes('interrupted'))).toEqual([]);
    expect(result).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(await stage.later()).toEqual(['i-1', 'i-2', 'i-3'].map((id) => `${id}: v2 running, in service`));
  });

  it('needs no recovery: a deploy with --no-recover is refused by what it finds in service, and changes nothing', async () => {
    const { stage, result, codes } = await whileUnderWay({ noRecover: true });
    expect(codes).toEqual(['preflight.left_out']);
    expect(result).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(await stage.later()).toEqual(['i-1', 'i-2', 'i-3'].map((id) => `${id}: v2 running, in service`));
  });
});
