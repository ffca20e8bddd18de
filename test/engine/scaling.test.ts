import { describe, expect, it } from 'vitest';
import { errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import { awsError } from '../../src/errors/aws.js';
import { OpenHolds } from '../../src/report/open-holds.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import { planWith } from '../../src/deploy/plan.js';
import { image } from '../fakes/world/image-behaviour.js';
import type { FakeScalingGroup } from '../fakes/world/world.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const all = ['AZRebalance', 'HealthCheck', 'ReplaceUnhealthy'];
const key = 'adfpush:suspended:test/api';
const inGroup = { autoScalingGroup: 'api-asg' };

/** Hosts of the Auto Scaling group `api-asg`, which goes by its load balancers. */
function scaled(
  given: Partial<Omit<FakeScalingGroup, 'name'>> = {},
  options: StageOptions = {},
): { readonly stage: FleetStage; readonly group: FakeScalingGroup } {
  const stage = new FleetStage({ hosts: [inGroup, inGroup, inGroup], ...options });
  return { stage, group: stage.world.addScalingGroup('api-asg', given) };
}
const changes = (stage: FleetStage): readonly string[] =>
  stage.world.calls.of('scaling').filter((call) => !call.startsWith('describe'));
/** What was suspended at the moment of each call that takes a host out of service. */
function watchDrains(stage: FleetStage, group: FakeScalingGroup): (readonly string[])[] {
  const seen: (readonly string[])[] = [];
  stage.world.calls.intercept = (call, proceed) => {
    if (call.method === 'deregister') seen.push(group.suspendedProcesses);
    return proceed();
  };
  return seen;
}
/** As AWS answers when the caller's policy lacks the action. */
const denied = (method: string): AdfError =>
  awsError(Object.assign(new Error('not authorized'), { name: 'AccessDenied' }), {
    action: `autoscaling:${method}`,
    region: 'eu-west-1',
  });
const throttled = (): AdfError =>
  awsError(Object.assign(new Error('Rate exceeded'), { name: 'Throttling' }), {
    action: 'autoscaling:any',
    region: 'eu-west-1',
  });
const refusedBy = async (stage: FleetStage): Promise<readonly AdfError[]> =>
  stage.deploy().then(
    () => [],
    (error: unknown) => errorsOf(error),
  );

describe('an Auto Scaling group that would replace a drained host', () => {
  it('is kept from it for the run, and is as it was afterwards', async () => {
    const { stage, group } = scaled({ suspendedProcesses: [] });
    const seen = watchDrains(stage, group);
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, warnings: [], errors: [] });
    expect(seen).toEqual([all, all, all]);
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
  });

  it('is as it was afterwards when the suspension comes again late, after its reply was lost', async () => {
    const { stage, group } = scaled({ suspendedProcesses: [] });
    // So that it is resumed soon: the first host fails at once.
    stage.release(image.failsToPull());
    let lost = false;
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method !== 'suspend' || lost) return proceed();
      lost = true;
      stage.world.clock.after(12_000, () => void proceed().catch(() => undefined), true);
      throw awsError(Object.assign(new Error('socket hang up'), { name: 'ECONNRESET', code: 'ECONNRESET' }), {
        action: 'autoscaling:SuspendProcesses',
        region: 'eu-west-1',
      });
    };
    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    await stage.later();
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
  });

  it('keeps suspended what was suspended before', async () => {
    const { stage, group } = scaled({ suspendedProcesses: ['AZRebalance', 'Launch'] });
    const seen = watchDrains(stage, group);
    await stage.deploy();
    expect(seen[0]).toEqual([...all.slice(0, 2), 'Launch', 'ReplaceUnhealthy']);
    expect(group).toMatchObject({ suspendedProcesses: ['AZRebalance', 'Launch'], tags: {} });
    expect(changes(stage)).toContain('resume api-asg HealthCheck ReplaceUnhealthy');
  });

  it('is not touched when all of it is suspended already', async () => {
    const { stage } = scaled({ suspendedProcesses: all });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(changes(stage)).toEqual([]);
  });

  it('has its hold in the journal, then its tag, before anything of it is suspended', async () => {
    const { stage, group } = scaled();
    const order: string[] = [];
    stage.world.calls.intercept = async (call, proceed) => {
      const result = await proceed();
      if (call.port === 'scaling' && call.method !== 'describe') order.push(call.method);
      if (call.about === 'hold.opened' || call.about === 'hold.settled') order.push(call.about);
      if (call.method === 'tag') expect(group.tags[key]).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{8} AZ.* Repl/);
      return result;
    };
    await stage.deploy();
    expect(order.slice(0, 3)).toEqual(['hold.opened', 'tag', 'suspend']);
    expect(order.slice(-3)).toEqual(['resume', 'untag', 'hold.settled']);
    const [hold] = (await stage.journal()).flatMap((one) => (one.type === 'hold.opened' ? [one.hold] : []));
    expect(hold).toEqual({
      id: 'api/eu-west-1/api-asg',
      kind: 'scaling_group',
      group: 'api',
      name: 'api-asg',
      region: 'eu-west-1',
      account: '123456789012',
      processes: all,
    });
    const records = await stage.journal();
    expect(records.filter((one) => one.type === 'mutation.intended').map(({ what }) => what)).toContain(
      'suspend AZRebalance, HealthCheck, ReplaceUnhealthy: Auto Scaling group api-asg',
    );
    expect(records.findIndex(({ type }) => type === 'run.started')).toBe(0);
  });

  it('is told in the plan, and in the output', async () => {
    const { stage } = scaled({ suspendedProcesses: ['HealthCheck'] });
    const suspends = ['AZRebalance', 'ReplaceUnhealthy'];
    const [plan] = await stage.world.clock.run(planWith(await stage.ports(), deployOptions, stage.hooks));
    expect(plan?.scaling).toEqual([{ name: 'api-asg', region: 'eu-west-1', suspends }]);
    expect(changes(stage)).toEqual([]);
    await stage.deploy();
    expect(stage.told('scaling.suspended')).toMatchObject([{ scalingGroup: 'api-asg', processes: suspends }]);
    expect(stage.told('scaling.settled')).toMatchObject([{ scalingGroup: 'api-asg', as: 'restored' }]);
  });

  it('is asked about only where hosts are in one, and a dry run changes nothing', async () => {
    const alone = new FleetStage();
    await alone.deploy();
    expect(alone.world.calls.of('scaling')).toEqual([]);
    const { stage } = scaled();
    await stage.deploy({ check: true });
    expect(changes(stage)).toEqual([]);
  });

  it('is left alone when nothing is rolled, and when it goes by EC2 alone', async () => {
    const { stage, group } = scaled();
    await stage.deploy();
    const before = changes(stage).length;
    await stage.deploy();
    expect(changes(stage).slice(before)).toEqual([]);
    const other = scaled({ healthCheckTypes: ['EC2'] });
    await other.stage.deploy();
    expect(changes(other.stage)).toEqual([]);
    expect(group.suspendedProcesses).toEqual([]);
  });

  it('is left alone with asg: ignore, which the plan warns of, whatever may be asked', async () => {
    const { stage } = scaled({}, { rollout: { asg: 'ignore' } });
    const result = await stage.deploy();
    expect(changes(stage)).toEqual([]);
    expect(result.warnings.join()).toContain('may replace a host that is drained: rollout.asg is ignore');
    const mute = scaled({}, { rollout: { asg: 'ignore' } });
    mute.stage.world.calls.intercept = async (call, proceed) => {
      if (call.port === 'scaling') throw denied('DescribeAutoScalingGroups');
      return proceed();
    };
    expect(await mute.stage.deploy()).toMatchObject({ exit: 0, warnings: [] });
  });

  it.each([
    ['fails', image.neverHealthy(), { exit: 4 }],
    ['is rolled back', image.exitsLater(12_000), { exit: 4 }],
  ])('is as it was after a run that %s', async (_, behaviour, expected) => {
    const { stage, group } = scaled({ suspendedProcesses: ['Launch'] });
    stage.release(behaviour);
    expect(await stage.deploy()).toMatchObject(expected);
    expect(group).toMatchObject({ suspendedProcesses: ['Launch'], tags: {} });
  });

  it('is as it was after a signal', async () => {
    const { stage, group } = scaled();
    stage.atTask('i-1', 'docker_container', 'task.started', () => stage.interrupt());
    expect(await stage.deploy()).toMatchObject({ exit: 143 });
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
    expect(await stage.later()).toEqual(['i-1', 'i-2', 'i-3'].map((id) => `${id}: v1 running, in service`));
  });

  it('is named, with the hosts, when the grace of a signal is over and it is not restored yet', async () => {
    const { stage, group } = scaled();
    stage.atTask('i-1', 'docker_container', 'task.ended', () => {
      stage.interrupt();
    });
    const result = await stage.deploy();
    expect([130, 143]).toContain(result.exit);
    expect(stage.told('warning').map(({ message }) => message)).toContainEqual(
      expect.stringContaining(
        'is still suspended: AZRebalance, HealthCheck, ReplaceUnhealthy; restoring goes on.',
      ),
    );
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
  });

  it('is what a run that must exit at once still names', async () => {
    const { stage } = scaled();
    const holds = new OpenHolds();
    const seen: string[] = [];
    stage.at(
      (event) => event.type === 'batch.started',
      () => seen.push(...holds.lines),
    );
    await stage.deploy({}, { readers: [holds, ...stage.hooks.readers] });
    expect(seen).toEqual([
      'Auto Scaling group api-asg (eu-west-1): AZRebalance, HealthCheck, ReplaceUnhealthy suspended',
    ]);
    expect(holds.lines).toEqual([]);
  });

  it('stays suspended while a host of it has to be named, since it would replace it', async () => {
    const { stage, group } = scaled({}, { rollout: { on_failure: 'stop' } });
    stage.release(image.neverHealthy());
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, outcome: 'needs_person', named: [{ host: 'i-1' }] });
    expect(result.errors).toContainEqual(
      expect.objectContaining({
        code: 'scaling.left_suspended',
        message:
          'The Auto Scaling group "api-asg" (eu-west-1) keeps AZRebalance, HealthCheck, ReplaceUnhealthy suspended: ' +
          'it would replace i-1, which needs a person first.',
      }),
    );
    expect(group.suspendedProcesses).toEqual(all);
    expect(group.tags[key]).toContain(result.run);
    expect((await stage.journal()).filter((one) => one.type === 'hold.settled')).toContainEqual(
      expect.objectContaining({ hold: 'api/eu-west-1/api-asg', as: 'named' }),
    );
  });

  it.each([
    ['DescribeAutoScalingGroups', 'describe'],
    ['CreateOrUpdateTags', 'tag'],
    ['SuspendProcesses', 'suspend'],
  ])('refuses the run before any change when the policy lacks %s', async (action, method) => {
    const { stage, group } = scaled();
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.port === 'scaling' && call.method === method) throw denied(action);
      return proceed();
    };
    const [error] = await refusedBy(stage);
    expect(error).toMatchObject({ code: 'scaling.access_denied', class: 'refused' });
    expect(error?.message).toContain(action);
    expect(error?.hint).toMatch(/autoscaling:SuspendProcesses.*rollout\.asg: ignore/);
    expect(stage.mutations).toEqual([]);
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
    const records = await stage.journal();
    if (records.length > 0) expect(records.at(-1)).toMatchObject({ type: 'run.ended', exit: 3 });
  });

  it('ends a refused run as one that needs a person when even its tag cannot be taken off again', async () => {
    const { stage, group } = scaled();
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method === 'suspend') throw denied('SuspendProcesses');
      if (call.method === 'untag') throw denied('DeleteTags');
      return proceed();
    };
    const errors = await refusedBy(stage);
    expect(errors.map(({ code }) => code)).toEqual(['scaling.left_suspended', 'scaling.access_denied']);
    expect(stage.mutations).toEqual([]);
    expect(Object.keys(group.tags)).toEqual([key]);
    // So that it is found by who recovers: only a run that ended so, or not at all, is looked at.
    expect((await stage.journal()).at(-1)).toMatchObject({ type: 'run.ended', exit: 5 });
  });

  it('is suspended and resumed through throttling and lost replies', async () => {
    const { stage, group } = scaled();
    const failed = new Map<string, number>();
    stage.world.calls.intercept = async (call, proceed) => {
      const times = failed.get(call.method) ?? 0;
      if (call.port !== 'scaling' || times >= 2) return proceed();
      failed.set(call.method, times + 1);
      // The second time it was done, and the answer got lost.
      if (times === 1) await proceed();
      throw throttled();
    };
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [] });
    expect([...failed.keys()].sort()).toEqual(['describe', 'resume', 'suspend', 'tag', 'untag']);
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
  });

  it('is told as still suspended when it cannot be resumed: the run does not call itself converged', async () => {
    const { stage, group } = scaled();
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method === 'resume') throw denied('ResumeProcesses');
      return proceed();
    };
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, named: [] });
    expect(result.errors.map(({ code }) => code)).toEqual(['scaling.left_suspended']);
    expect(group.suspendedProcesses).toEqual(all);
    expect(group.tags[key]).toContain(result.run);
  });

  it('is not changed past the deadline of the lease', async () => {
    const { stage, group } = scaled();
    let asleep = false;
    stage.at(
      (event) => event.type === 'play.ended' && stage.told('play.ended').length === 3,
      () => {
        // The machine sleeps for as long as it takes; then the clock has gone on.
        stage.world.calls.intercept = async (call, proceed) => {
          if (call.port === 'lease' && call.method === 'renew') throw new Error('asleep');
          if (call.port === 'scaling' && !asleep) {
            asleep = true;
            await stage.world.clock.sleep(300_000);
          }
          return proceed();
        };
      },
    );
    const result = await stage.deploy();
    expect(result.errors.map(({ code }) => code)).toContain('scaling.left_suspended');
    expect(result.exit).toBe(5);
    expect(changes(stage).map((call) => call.split(' ')[0])).toEqual(['tag', 'suspend']);
    expect(group.tags[key]).toContain(result.run);
  });

  it.each([
    ['is restored when the lost lease is ours again', false],
    ['stays suspended when another run has the lease that was lost', true],
  ])('%s', async (_, taken) => {
    const { stage, group } = scaled({}, { targetGroup: { deregistrationDelay: 300_000 } });
    const request = {
      environment: environmentName('test'),
      group: groupName('api'),
      hosts: [],
      owner: { run: 'run-of-bob', who: 'bob@desk' },
      duration: 600_000,
    };
    let lost = false;
    stage.world.calls.intercept = async (call, proceed) => {
      const result = await proceed();
      if (call.method === 'deregister' && !lost) {
        lost = true;
        stage.leases.lapse('test.api');
        if (taken) void stage.leases.acquire(request);
      }
      return result;
    };
    const result = await stage.deploy();
    expect(result.exit).toBe(taken ? 5 : 4);
    expect(group.suspendedProcesses).toEqual(taken ? all : []);
    expect(Object.keys(group.tags)).toEqual(taken ? [key] : []);
    expect(changes(stage)).toHaveLength(taken ? 2 : 4);
    expect(result.errors.some(({ code }) => code === 'scaling.left_suspended')).toBe(taken);
  });
});

describe('what others do to an Auto Scaling group during the run', () => {
  const during = (stage: FleetStage, act: () => void): void =>
    stage.at((event) => event.type === 'batch.ended', act);

  it('is not overwritten when it is resumed, and is told', async () => {
    const { stage, group } = scaled();
    during(stage, () => {
      group.suspendedProcesses = ['HealthCheck', 'ReplaceUnhealthy'];
    });
    const result = await stage.deploy();
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
    expect(changes(stage)).toContain('resume api-asg HealthCheck ReplaceUnhealthy');
    expect(result.warnings).toEqual([
      'The Auto Scaling group "api-asg" (eu-west-1): others resumed AZRebalance during the run.',
    ]);
  });

  it('is not overwritten when something else is suspended, and is told', async () => {
    const { stage, group } = scaled();
    during(stage, () => {
      group.suspendedProcesses = [...group.suspendedProcesses, 'Terminate'];
    });
    const result = await stage.deploy();
    expect(group).toMatchObject({ suspendedProcesses: ['Terminate'], tags: {} });
    expect(result.warnings.join()).toContain('others suspended Terminate during the run; left so.');
  });

  it('is told when they take the tag off, or the group away', async () => {
    const { stage, group } = scaled();
    during(stage, () => {
      group.tags = {};
    });
    const result = await stage.deploy();
    expect(result.warnings.join()).toContain('AZRebalance, HealthCheck, ReplaceUnhealthy stay suspended');
    const other = scaled();
    during(other.stage, () => void other.stage.world.scalingGroups.pop());
    expect((await other.stage.deploy()).warnings).toEqual([
      'The Auto Scaling group "api-asg" (eu-west-1) is gone.',
    ]);
  });

  it('does not resume what a run of another group of hosts in it still needs', async () => {
    const { stage, group } = scaled({
      suspendedProcesses: ['AZRebalance', ...all.slice(1)],
      tags: { 'adfpush:suspended:test/worker': `20261121T031400Z-00000000 HealthCheck ReplaceUnhealthy` },
    });
    const seen = watchDrains(stage, group);
    await stage.deploy();
    expect(seen[0]).toEqual(all);
    expect(group.suspendedProcesses).toEqual(all);
    expect(Object.keys(group.tags)).toEqual(['adfpush:suspended:test/worker']);
  });

  it('resumes for a run of another group that ended while this one still needed it', async () => {
    const { stage, group } = scaled({
      suspendedProcesses: all,
      tags: { 'adfpush:suspended:test/worker': `20261121T031400Z-00000000 ${all.join(' ')}` },
    });
    during(stage, () => {
      group.tags = Object.fromEntries(Object.entries(group.tags).filter(([one]) => one === key));
    });
    await stage.deploy();
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
  });

  it('resumes when both runs end at the same time, each seeing the tag of the other', async () => {
    const { stage, group } = scaled({
      suspendedProcesses: all,
      tags: { 'adfpush:suspended:test/worker': `20261121T031400Z-00000000 ${all.join(' ')}` },
    });
    stage.world.calls.intercept = (call, proceed) => {
      if (call.method === 'untag')
        group.tags = Object.fromEntries(Object.entries(group.tags).filter(([one]) => one === key));
      return proceed();
    };
    await stage.deploy();
    expect(group).toMatchObject({ suspendedProcesses: [], tags: {} });
  });

  it('restores what a run that was interrupted long ago left suspended', async () => {
    const { stage, group } = scaled({
      suspendedProcesses: ['Launch', ...all],
      tags: { [key]: '20261120T031400Z-00000000 HealthCheck ReplaceUnhealthy' },
    });
    await stage.deploy();
    expect(group.suspendedProcesses).toEqual(['AZRebalance', 'Launch']);
    expect(group.tags).toEqual({});
  });

  it('is as it was though the tag of an interrupted run is taken off once more, late', async () => {
    const { stage, group } = scaled({
      suspendedProcesses: all,
      tags: { [key]: '20261120T031400Z-00000000 HealthCheck ReplaceUnhealthy' },
    });
    let lost = false;
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method !== 'untag' || lost) return proceed();
      lost = true;
      stage.world.clock.after(12_000, () => void proceed().catch(() => undefined), true);
      throw awsError(Object.assign(new Error('socket hang up'), { name: 'ECONNRESET', code: 'ECONNRESET' }), {
        action: 'autoscaling:DeleteTags',
        region: 'eu-west-1',
      });
    };
    expect(await stage.deploy()).toMatchObject({ exit: 0, named: [] });
    await stage.later();
    expect(group).toMatchObject({ suspendedProcesses: ['AZRebalance'], tags: {} });
  });
});
