import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/deploy/deploy.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { StepRecord } from '../../src/ports/transport.js';
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

/** A deploy that is killed while its job runs. The job ends after this time; without one it does not. */
async function killed(after?: Milliseconds): Promise<FleetStage> {
  const stage = new FleetStage({
    hosts: 1,
    groupVars: { target_groups: 'none' },
    rollout: { min_healthy: 0 },
    playbook,
  });
  const { clock } = stage.world;
  const life = new Life();
  stage.atTask('i-1', 'pause', 'task.started', () => life.end());
  const working = deployWith(mortal(await stage.ports(), life), deployOptions, stage.hooks).catch(
    () => undefined,
  );
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
