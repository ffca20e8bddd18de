import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { everyNth } from '../deep.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';
import type { Death } from '../fakes/mortal-world.js';
import { MemoryJournalStore } from '../fakes/memory-journal.js';
import type { FakeScalingGroup } from '../fakes/world/world.js';

const before = ['AZRebalance', 'Launch'];
const recovery = { ...deployOptions, lockWait: 300_000 };

function scaled(): { readonly stage: FleetStage; readonly group: FakeScalingGroup } {
  const inGroup = { autoScalingGroup: 'api-asg' };
  const stage = new FleetStage({ hosts: [inGroup, inGroup] });
  return { stage, group: stage.world.addScalingGroup('api-asg', { suspendedProcesses: before }) };
}

/** A deploy that SIGKILL ends; without a death it comes to its end. */
async function killed(death?: Death) {
  const { stage, group } = scaled();
  const life = await stage.untilDeath(death, (world, hooks) => deployWith(world, deployOptions, hooks));
  return { stage, group, calls: life.calls };
}

/** Right before and right after each call that is about the Auto Scaling group, its hold or the hosts' way out of service. */
async function deaths(): Promise<readonly Death[]> {
  const { calls } = await killed();
  const near = (name: string): boolean => /^(scaling|journals|traffic\.(de)?register)\b/.test(name);
  const all = calls.flatMap((name, index): readonly Death[] =>
    near(name)
      ? [
          { call: index + 1, when: 'before' },
          { call: index + 1, when: 'after' },
        ]
      : [],
  );
  return everyNth(3, all);
}

async function expectWhole(stage: FleetStage, group: FakeScalingGroup, told: unknown): Promise<void> {
  expect({ told, suspended: group.suspendedProcesses, tags: group.tags }).toEqual({
    told,
    suspended: before,
    tags: {},
  });
  for (const host of await stage.later()) expect(host).toMatch(/v[12] running, in service$/);
  expect(stage.leases.holder('test.api')).toBeUndefined();
}

describe('an Auto Scaling group whose run is killed', () => {
  it('at any of its calls, is as it was before once the run is recovered', async () => {
    let suspended = 0;
    const all = await deaths();
    for (const death of all) {
      const { stage, group } = await killed(death);
      if (group.suspendedProcesses.includes('HealthCheck')) suspended += 1;
      const result = await stage.recover({ lockWait: 300_000 });
      expect({ death, exit: result.exit, errors: result.errors }).toEqual({ death, exit: 0, errors: [] });
      await expectWhole(stage, group, death);
    }
    expect(all.length).toBeGreaterThan(20);
    expect(suspended).toBeGreaterThan(10);
  });

  it('at any of its calls, with the disk that its journal was on, is so too, from another machine', async () => {
    for (const death of await deaths()) {
      const { stage, group } = await killed(death);
      const world = { ...(await stage.ports()), journals: new MemoryJournalStore(stage.world.calls) };
      const result = await stage.world.clock.run(recoverWith(world, recovery, stage.hooks));
      expect({ death, exit: result.exit }).toEqual({ death, exit: 0 });
      await expectWhole(stage, group, death);
    }
  });

  it('is so too when the recovery is killed at any of its calls, and made again', async () => {
    const { calls } = await killed();
    const death: Death = { call: calls.indexOf('traffic.deregister') + 1, when: 'after' };
    const recover = async (at?: Death) => {
      const { stage, group } = await killed(death);
      const life = await stage.untilDeath(at, (world, hooks) => recoverWith(world, recovery, hooks));
      return { stage, group, life };
    };
    const { life } = await recover();
    const points = [...life.calls.entries()].filter(([, name]) => /^(scaling|journals)\b/.test(name));
    for (const [index, name] of everyNth(3, points)) {
      for (const when of ['before', 'after'] as const) {
        const { stage, group } = await recover({ call: index + 1, when });
        const result = await stage.recover({ lockWait: 300_000 });
        expect({ name, when, exit: result.exit }).toEqual({ name, when, exit: 0 });
        await expectWhole(stage, group, { name, when });
      }
    }
  });

  it('is restored by the next deploy of the group, by itself', async () => {
    const { calls } = await killed();
    const death: Death = { call: calls.indexOf('scaling.suspend') + 1, when: 'after' };
    const { stage, group } = await killed(death);
    expect(group.suspendedProcesses).toContain('HealthCheck');
    expect(await stage.deploy({ lockWait: 300_000 })).toMatchObject({ exit: 0 });
    await expectWhole(stage, group, death);
  });
});

describe('an Auto Scaling group that stayed suspended for a host that was named', () => {
  it('is restored when the host is', async () => {
    const { stage, group } = scaled();
    stage.atTask('i-1', 'health', 'task.started', () => stage.host('i-1').lose());
    const result = await stage.deploy();
    expect(result.named.map(({ host }) => host)).toEqual(['i-1']);
    expect(group.suspendedProcesses).toContain('ReplaceUnhealthy');
    expect(await stage.recover()).toMatchObject({ exit: 5 });
    expect(group.suspendedProcesses).toContain('ReplaceUnhealthy');
    stage.host('i-1').find();
    expect(await stage.recover()).toMatchObject({ exit: 0 });
    await expectWhole(stage, group, 'named');
  });
});
