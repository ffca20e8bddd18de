import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/deploy/deploy.js';
import type { Milliseconds } from '../../src/model/duration.js';
import { groupName } from '../../src/model/ids.js';
import { runAdHocWith } from '../../src/operate/ad-hoc.js';
import { recoverWith } from '../../src/recovery/recover.js';
import type { StepRecord } from '../../src/ports/transport.js';
import type { World } from '../../src/world/world.js';
import { Life, mortal } from '../fakes/mortal-world.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const minute: Milliseconds = 60_000;
const ended: StepRecord = { state: 'ended', outcome: { kind: 'exited', code: 0 }, stdout: '', stderr: '' };

const playbook = `- hosts: api
  tasks:
    - docker_image: { image: "{{ release.image }}", containers: "{{ containers }}" }
    - docker_container: { image: "{{ release.image }}", containers: "{{ containers }}" }
    - { command: reindex, async: 1h, poll: 0 }
    - pause: 30m
`;

const stageOf = (): FleetStage =>
  new FleetStage({
    hosts: 1,
    groupVars: { target_groups: 'none' },
    rollout: { min_healthy: 0 },
    playbook,
  });

type Work = (stage: FleetStage, world: World) => Promise<unknown>;

const deploying: Work = (stage, world) => deployWith(world, deployOptions, stage.hooks);

/** A run that is killed while its job runs. The job ends after this time; without one it does not. */
async function killed(after?: Milliseconds, work = deploying): Promise<FleetStage> {
  const stage = stageOf();
  const { clock } = stage.world;
  const life = new Life();
  stage.atTask('i-1', 'pause', 'task.started', () => life.end());
  const working = work(stage, mortal(await stage.ports(), life)).catch(() => undefined);
  await clock.run(Promise.race([working, life.died]));
  stage.leases.lapse('test.api');
  const { records } = stage.transport;
  const [job] = [...records].filter(([, { state }]) => state === 'running').map(([id]) => id);
  expect(job).toBeDefined();
  if (after !== undefined) void clock.sleep(after).then(() => records.set(job ?? '', ended));
  return stage;
}

/** How long after the job was started its host was restored. */
const restored = (stage: FleetStage): number => {
  const [started] = stage.told('task.ended').filter(({ task }) => task.module === 'command');
  return (stage.told('restore.started').at(-1)?.at ?? NaN) - (started?.at ?? NaN);
};

describe('a job of a run that was killed', () => {
  it('is over before recover restores its host', async () => {
    const stage = await killed(20 * minute);
    const result = await stage.recover();

    expect(result.exit).toBe(0);
    expect(restored(stage)).toBeGreaterThanOrEqual(20 * minute);
    expect(restored(stage)).toBeLessThan(25 * minute);
    expect(stage.told('warning').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^job .* may still be under way: waiting .* at most/) as string,
    );
    expect((await stage.later())[0]).toContain('v1 running');
  });

  it('is waited for as long as it may run when its host does not say that it is over', async () => {
    const stage = await killed();
    expect((await stage.recover()).exit).toBe(0);
    expect(restored(stage)).toBeGreaterThanOrEqual(60 * minute);
  });

  it('is over before the next deploy begins', async () => {
    const stage = await killed(20 * minute);
    const result = await stage.deploy();
    expect(restored(stage)).toBeGreaterThanOrEqual(20 * minute);
    expect(result.exit).toBe(0);
  });
});

describe('a job of a run that was killed elsewhere, and left nothing but the job', () => {
  const { project, environment, extraVars, check } = deployOptions;
  const common = { project, environment, extraVars, check };
  const adHoc = `- hosts: api\n  tasks:\n    - { command: reindex, async: 1h, poll: 0 }\n    - pause: 30m\n`;
  const onlyJob: Work = (stage, world) => {
    stage.adHoc = adHoc;
    return runAdHocWith(world, { ...common, playbook: 'playbook.yml' }, stage.hooks);
  };
  const next = '- hosts: api\n  tasks: [{ command: date }]\n';

  const running = (stage: FleetStage): boolean =>
    [...stage.transport.records.values()].some(({ state }) => state === 'running');

  /** Whether the job still ran when the next command did. */
  async function nextRun(stage: FleetStage, playbook = next): Promise<{ exit: number; beside: boolean[] }> {
    const beside: boolean[] = [];
    stage.transport.when(({ text }) => {
      if (text.trim() === 'date') beside.push(running(stage));
      return undefined;
    });
    stage.adHoc = playbook;
    const options = { ...common, playbook: 'playbook.yml' };
    const { exit } = await stage.world.clock.run(runAdHocWith(await stage.elsewhere(), options, stage.hooks));
    return { exit, beside };
  }

  it('is over before recover ends on another machine', async () => {
    const stage = await killed(20 * minute, onlyJob);
    const recovery = recoverWith(await stage.elsewhere(), common, stage.hooks);
    const result = await stage.world.clock.run(recovery);
    expect(result).toMatchObject({ exit: 0, named: [] });
    expect(running(stage)).toBe(false);
    expect(stage.told('warning').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^job .* may still be under way: waiting .* at most/) as string,
    );
  });

  it('is over before the next run on another machine changes that host', async () => {
    const stage = await killed(20 * minute, onlyJob);
    expect(await nextRun(stage)).toEqual({ exit: 0, beside: [false] });
  });

  it('is waited for no longer than it may run', async () => {
    const stage = await killed(undefined, onlyJob);
    const begun = stage.world.clock.elapsed();
    expect((await nextRun(stage)).exit).toBe(0);
    const took = stage.world.clock.elapsed() - begun;
    expect(took).toBeGreaterThanOrEqual(60 * minute);
    expect(took).toBeLessThan(70 * minute);
  });

  it('keeps a run of other groups from nothing', async () => {
    const stage = await killed(undefined, onlyJob);
    stage.join('db-1', { groups: [groupName('db')] });
    expect(await nextRun(stage, next.replace('api', 'db'))).toEqual({ exit: 0, beside: [true] });
  });

  it('is not taken for one of a run that is over, whose journal is here', async () => {
    const stage = stageOf();
    expect(
      await stage.run('- hosts: api\n  tasks: [{ command: reindex, async: 1h, poll: 0 }]'),
    ).toMatchObject({
      exit: 0,
    });
    expect(await stage.recover()).toMatchObject({ exit: 0, hosts: [] });
  });

  it('is over before what a deploy held is restored on another machine', async () => {
    const stage = await killed(20 * minute);
    const recovery = recoverWith(await stage.elsewhere(), common, stage.hooks);
    expect(await stage.world.clock.run(recovery)).toMatchObject({ exit: 0, named: [] });
    expect(restored(stage)).toBeGreaterThanOrEqual(20 * minute);
  });
});
