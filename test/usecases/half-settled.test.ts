import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/run-result.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';
import { image } from '../fakes/world/image-behaviour.js';

const { project, environment, extraVars } = deployOptions;
const patient = { project, environment, extraVars, lockWait: 300_000 };

/** One host with two containers. */
function fleet(): FleetStage {
  const containers = [
    { name: 'api', ports: ['5060:5000'] },
    { name: 'sidecar', ports: [] },
  ];
  const stage = new FleetStage({
    hosts: 1,
    groupVars: { container: undefined, containers },
    rollout: { min_healthy: 0 },
  });
  for (const host of stage.hosts) stage.runsV1(host, 'sidecar', []);
  return stage;
}

/** Where a deploy that settles the two container holds of a host is killed. */
type Moment = 'one is settled in the journal' | 'one note is off the host';

/** A deploy of v2 that was killed at this moment of the settling, after its bake. */
async function killedWhen(moment: Moment): Promise<FleetStage> {
  const deploy = (stage: FleetStage, call?: number) =>
    stage.untilDeath(call === undefined ? undefined : { call, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
  const { calls } = await deploy(fleet());
  const numbersOf = (name: string): readonly number[] =>
    calls.flatMap((call, index) => (call === name ? [index + 1] : []));
  const [firstNote = 0] = numbersOf('hostHolds.forget').slice(-2);
  const [firstRecord = 0] = numbersOf('journals.append')
    .filter((call) => call < firstNote)
    .slice(-2);
  const stage = fleet();
  await deploy(stage, moment === 'one note is off the host' ? firstNote : firstRecord);
  return stage;
}

const running = (stage: FleetStage): readonly string[] =>
  ['api', 'sidecar'].map((name) => {
    const container = stage.host('i-1').named(name);
    const tag = ['v1', 'v2'].find(
      (one) => stage.world.images.tagged('registry:5000/api', one) === container?.birth.digest,
    );
    return `${name} ${tag ?? 'none'} ${container?.running === true ? 'runs' : 'is down'}`;
  });

/** The new containers do not become healthy any more: their host cannot stay at the plan. */
async function spoil(stage: FleetStage): Promise<void> {
  const container = stage.host('i-1').named('api');
  if (container === undefined) throw new Error('nothing runs');
  Object.assign(container.birth, { behaviour: image.neverHealthy() });
  stage.host('i-1').restartEngine(1_000, 'terminated');
  await stage.world.clock.advance(60_000);
}

const recoverElsewhere = async (stage: FleetStage): Promise<RunResult> =>
  stage.world.clock.run(recoverWith(await stage.elsewhere(), patient, stage.hooks));

describe('a host whose containers were settled in part when the run was killed', () => {
  it.each<Moment>(['one is settled in the journal', 'one note is off the host'])(
    'stays at the plan with all of them where they are healthy (%s)',
    async (moment) => {
      const stage = await killedWhen(moment);

      const result = await (moment === 'one note is off the host'
        ? recoverElsewhere(stage)
        : stage.recover(patient));

      expect(result).toMatchObject({ exit: 0, named: [] });
      await stage.later();
      expect(running(stage)).toEqual(['api v2 runs', 'sidecar v2 runs']);
      expect(stage.now).toEqual(['i-1: v2 running, in service']);
      expect(stage.host('i-1').holds.size).toBe(0);
    },
  );

  it('stays at the plan also where they are not, when the journal says that they passed their bake', async () => {
    const stage = await killedWhen('one is settled in the journal');
    await spoil(stage);

    const result = await stage.recover(patient);

    expect(result).toMatchObject({ exit: 0, named: [], hosts: [{ host: 'i-1', status: 'untouched' }] });
    expect(running(stage)).toEqual(['api v2 runs', 'sidecar v2 runs']);
    expect(stage.host('i-1').holds.size).toBe(0);
  });

  it('is left as it is and named where they are not, and what one of them was is not known', async () => {
    const stage = await killedWhen('one note is off the host');
    await spoil(stage);
    const before = running(stage);

    const result = await recoverElsewhere(stage);

    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.named[0]?.reason).toContain('what they were before is not known here');
    expect(running(stage)).toEqual(before);
    expect(stage.host('i-1').holds.size).toBeGreaterThan(0);
  });
});
