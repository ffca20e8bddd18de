import { describe, expect, it } from 'vitest';
import { findCloudHolds, restoreCloudHolds } from '../../src/engine/holds/cloud-holds.js';
import type { CloudHold, HeldInCloud } from '../../src/model/hold.js';
import { environmentName, runId } from '../../src/model/ids.js';
import { openRun } from '../../src/run/open-run.js';
import type { PortCall } from '../fakes/port-calls.js';
import type { FakeScalingGroup } from '../fakes/world/world.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

interface Crashed {
  readonly stage: FleetStage;
  readonly group: FakeScalingGroup;
  /** It came to its end before the call that was to kill it. */
  readonly survived: boolean;
}

/** A deploy that SIGKILL ends before or after its nth call of its journal or of Auto Scaling: nothing of it ever goes on. */
async function killed(n: number, when: 'before' | 'after'): Promise<Crashed> {
  const stage = new FleetStage({ hosts: [{ autoScalingGroup: 'api-asg' }], rollout: { min_healthy: 0 } });
  const group = stage.world.addScalingGroup('api-asg', { suspendedProcesses: ['AZRebalance', 'Launch'] });
  let calls = 0;
  const life = { over: false };
  const never = () => new Promise<never>(() => undefined);
  const counts = ({ port }: PortCall): boolean => port === 'journal' || port === 'scaling';
  stage.world.calls.intercept = async (call, proceed) => {
    if (life.over) return never();
    const last = counts(call) && (calls += 1) === n;
    if (last && when === 'before') life.over = true;
    if (life.over) return never();
    const result = await proceed();
    if (last) life.over = true;
    return life.over ? never() : result;
  };
  const survived = await stage.deploy().then(
    () => true,
    () => false,
  );
  stage.world.calls.intercept = (_call, proceed) => proceed();
  return { stage, group, survived };
}

async function killedWhileSuspended(when: 'before' | 'after'): Promise<Crashed> {
  for (let n = 1; ; n += 1) {
    const crashed = await killed(n, when);
    if (crashed.group.suspendedProcesses.includes('HealthCheck')) return crashed;
    expect(crashed.survived).toBe(false);
  }
}

/** What the journal says is held: opened, and not settled but for a person. */
async function heldInJournal(stage: FleetStage): Promise<readonly HeldInCloud<CloudHold>[]> {
  const [run] = await stage.journals.runs();
  const records = run === undefined ? [] : await stage.journals.read(run);
  const settled = new Set(
    records.flatMap((one) => (one.type === 'hold.settled' && one.as !== 'named' ? [one.hold] : [])),
  );
  return records.flatMap((one) =>
    one.type === 'hold.opened' &&
    one.hold.kind === 'scaling_group' &&
    run !== undefined &&
    !settled.has(one.hold.id)
      ? [{ run, hold: one.hold }]
      : [],
  );
}

const heldOnTags = async (stage: FleetStage): Promise<readonly HeldInCloud<CloudHold>[]> =>
  findCloudHolds(
    await stage.ports(),
    environmentName('test'),
    stage.hosts.map(({ host }) => host),
  );

async function restore(stage: FleetStage, held: readonly HeldInCloud<CloudHold>[]): Promise<void> {
  const id = runId('20261121T040000Z-recovers');
  const isThere = (await stage.journals.runs()).includes(id);
  const journal = await (isThere ? stage.journals.reopen(id) : stage.journals.create(id));
  const run = openRun(await stage.ports(), deployOptions, stage.hooks, id, journal, { verb: 'recover' });
  expect(await stage.world.clock.run(restoreCloudHolds(run, held))).toEqual({
    left: [],
    errors: [],
    warnings: [],
  });
}

describe.each(['before', 'after'] as const)('a deploy killed %s any call', (when) => {
  it.each([
    ['its journal', heldInJournal],
    ['the tags alone', heldOnTags],
  ])('leaves an Auto Scaling group that is restored from %s', async (_, find) => {
    let points = 0;
    let suspended = 0;
    for (let n = 1; ; n += 1) {
      const { stage, group, survived } = await killed(n, when);
      if (survived) break;
      points += 1;
      if (group.suspendedProcesses.includes('ReplaceUnhealthy')) suspended += 1;
      await restore(stage, await find(stage));
      expect([n, group.suspendedProcesses, group.tags]).toEqual([n, ['AZRebalance', 'Launch'], {}]);
      // Twice is no error, and changes nothing.
      await restore(stage, await heldInJournal(stage));
      expect(group.suspendedProcesses).toEqual(['AZRebalance', 'Launch']);
    }
    expect(points).toBeGreaterThan(30);
    expect(suspended).toBeGreaterThan(10);
  });

  it('may be killed again while it is restored', async () => {
    const { stage, group } = await killedWhileSuspended(when);
    const held = await heldInJournal(stage);
    for (const method of ['describe', 'append', 'resume', 'untag']) {
      let first = true;
      stage.world.calls.intercept = (call, proceed) => {
        if (call.method !== method || !first) return proceed();
        first = false;
        return new Promise<never>(() => undefined);
      };
      await restore(stage, held).catch(() => undefined);
    }
    stage.world.calls.intercept = (_call, proceed) => proceed();
    await restore(stage, held);
    expect(group).toMatchObject({ suspendedProcesses: ['AZRebalance', 'Launch'], tags: {} });
  });
});
