import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/model/run-result.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { everyNth } from '../deep.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';
import type { Death, Life } from '../fakes/mortal-world.js';

interface Case {
  readonly name: string;
  readonly stage: () => FleetStage;
  /** How a deploy of it ends that nobody kills. */
  readonly exits: readonly number[];
}

const fleet =
  (options: StageOptions, prepare: (stage: FleetStage) => void = () => undefined) =>
  () => {
    const stage = new FleetStage(options);
    prepare(stage);
    return stage;
  };

const cases: readonly Case[] = [
  { name: 'two hosts, one after the other', stage: fleet({ hosts: 2 }), exits: [0] },
  {
    name: 'four hosts, half of them at a time, the third of which fails, so that all are rolled back',
    stage: fleet({ hosts: 4, rollout: { serial: '50%' } }, (stage) =>
      stage.atTask('i-3', 'health', 'task.started', () => {
        stage.host('i-3').named('api')!.restartPolicy = { name: 'no' };
        stage.host('i-3').named('api')!.exit(1);
      }),
    ),
    exits: [0, 4],
  },
  { name: 'workers', stage: fleet({ hosts: 2, groupVars: { target_groups: 'none' } }), exits: [0] },
  { name: 'hosts that had nothing before', stage: fleet({ hosts: 2, previous: false }), exits: [0] },
];

/** What changes something, in the world or in what is known of it; the world before all other calls is as it was after one of these. */
const changing =
  /^(journals\.(append|create|reopen)|hostHolds\.(keep|forget)|leases\.|traffic\.(de)?register|runtime\.(pull|create|start|stop|rename|remove|set|ensure))/;

/** Of many moments each way on from there takes its share: `offset` says which. */
function deathsOf(calls: readonly string[], offset: 0 | 1): readonly Death[] {
  const all = calls.flatMap((name, index): readonly Death[] =>
    changing.test(name)
      ? [
          { call: index + 1, when: 'before' },
          { call: index + 1, when: 'after' },
        ]
      : index % 16 === 0
        ? [{ call: index + 1, when: 'after' }]
        : [],
  );
  return everyNth(11, all.slice(2 * offset));
}

const killedDeploy = async (make: () => FleetStage, death?: Death) => {
  const stage = make();
  const life = await stage.untilDeath(death, (world, hooks) => deployWith(world, deployOptions, hooks));
  return { stage, life };
};

/** As it was, or on the new release and in service; and nothing is left behind. */
async function expectWhole(told: string, stage: FleetStage, before: readonly string[]): Promise<void> {
  const now = await stage.later();
  const wrong = now.filter(
    (host, index) => host !== before[index] && !/: v2 running, in service$/.test(host),
  );
  expect({ told, wrong }).toEqual({ told, wrong: [] });
  expect(
    stage.hosts.flatMap(({ holds }) => [...holds.keys()]),
    told,
  ).toEqual([]);
  expect(stage.leases.holder('test.api'), told).toBeUndefined();
}

// Some seconds each on an idle core.
describe.each(cases)('a deploy that is killed at any moment: $name', ({ stage: make, exits }) => {
  it('is recovered', async () => {
    const was = await make().later();
    const { life } = await killedDeploy(make);
    for (const death of deathsOf(life.calls, 0)) {
      const { stage } = await killedDeploy(make, death);
      const told = describeDeath(death, life);
      expectNothingHeld(told, await stage.recover());
      await expectWhole(told, stage, was);
      expect((await stage.recover()).recovered, told).toEqual([]);
    }
  });

  it('is recovered from another machine', async () => {
    const was = await make().later();
    const { life } = await killedDeploy(make);
    for (const death of deathsOf(life.calls, 1)) {
      const { stage } = await killedDeploy(make, death);
      const told = describeDeath(death, life);
      const { project, environment, extraVars } = deployOptions;
      const options = { project, environment, extraVars, lockWait: 300_000 };
      const recovering = recoverWith(await stage.elsewhere(), options, stage.hooks);
      const result = await stage.world.clock.run(recovering);
      expectNothingHeld(told, result);
      // Where it finds nothing held, the lease of the dead runs out by itself.
      await stage.world.clock.advance(130_000);
      await expectWhole(told, stage, was);
    }
  });

  it('is recovered by the next deploy, which then rolls', async () => {
    const was = await make().later();
    const { life } = await killedDeploy(make);
    for (const death of deathsOf(life.calls, 1)) {
      const { stage } = await killedDeploy(make, death);
      const told = describeDeath(death, life);
      // A process that dies between its lease and its first record leaves a lease that looks alive until it runs out.
      const result = await stage.deploy({ lockWait: 150_000 });
      expect(exits, told).toContain(result.exit);
      expectNothingHeld(told, result);
      await expectWhole(told, stage, exits.includes(4) ? was : []);
    }
  });
});

const describeDeath = ({ call, when }: Death, { calls }: Life): string =>
  `${when} ${calls[call - 1]}, call ${call}`;

/** A host may be named that was not healthy before, and is so again. */
function expectNothingHeld(told: string, { named }: RunResult): void {
  expect({ told, held: named.flatMap(({ held }) => held) }).toEqual({ told, held: [] });
}
