import { describe, expect, it } from 'vitest';
import { label } from '../../src/model/container.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { image } from '../fakes/world/image-behaviour.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const hosts = ['i-1', 'i-2', 'i-3'];
const allOnV1 = hosts.map((id) => `${id}: v1 running, in service`);
const lockWait = 300_000;
const { project, environment, extraVars } = deployOptions;
const recoverOptions = { project, environment, extraVars, lockWait };

/** A fleet whose v1 adfpush itself has started. */
async function fleetOnV1(options: StageOptions = {}): Promise<FleetStage> {
  const stage = new FleetStage(options);
  expect(await stage.deploy({ version: 'v1' })).toMatchObject({ exit: 0 });
  prune(stage, ...hosts);
  return stage;
}

/** As `docker container prune` does, and with `images` also `docker image prune -a`. */
function prune(stage: FleetStage, ...ids: readonly string[]): void {
  for (const host of ids.map((id) => stage.host(id))) {
    for (const container of [...host.containers.values()]) {
      if (!container.running) host.remove('operator', container);
    }
  }
}

function pruneImages(stage: FleetStage, id: string): void {
  const host = stage.host(id);
  const used = new Set([...host.containers.values()].map(({ birth }) => birth.digest));
  for (const digest of host.images) if (!used.has(digest)) host.images.delete(digest);
}

/** A deploy of v2 that dies right after the first of these calls on i-1; the container that it had put aside is pruned then. */
async function killedAndPruned(method: string, options: StageOptions = {}): Promise<FleetStage> {
  const calls = async (stage: FleetStage, call?: number) =>
    stage.untilDeath(call === undefined ? undefined : { call, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
  const whole = await calls(await fleetOnV1(options));
  const stage = await fleetOnV1(options);
  await calls(stage, whole.calls.indexOf(method) + 1);
  const broken = [...stage.host('i-1').containers.values()].find(({ running }) => running);
  if (broken !== undefined) {
    broken.restartPolicy = { name: 'no' };
    broken.exit(1);
  }
  prune(stage, 'i-1');
  return stage;
}

/** In the turn of this host, the container that it was put aside is pruned, and the new one ends. */
function failsWithoutPredecessor(stage: FleetStage, id: string, ...others: readonly string[]): void {
  stage.atTask(id, 'health', 'task.started', () => {
    prune(stage, id, ...others);
    const made = stage.host(id).named('api');
    if (made === undefined) throw new Error('nothing was started');
    made.restartPolicy = { name: 'no' };
    made.exit(1);
  });
}

describe('a held container that was removed', () => {
  it('is made again when the turn of its host fails, as it was', async () => {
    const stage = await fleetOnV1();
    const before = stage.host('i-1').named('api');
    failsWithoutPredecessor(stage, 'i-1');
    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(allOnV1);
    const after = stage.host('i-1').named('api');
    expect(after?.id).not.toBe(before?.id);
    const { [label.remakes]: remakes, ...labels } = after?.birth.labels ?? {};
    const { [label.started]: _started, [label.by]: _by, ...known } = before?.birth.labels ?? {};
    expect(remakes).toBe(before?.id);
    expect(labels).toEqual(known);
    expect(stage.hosts.map(({ holds }) => holds.size)).toEqual([0, 0, 0]);
    // It is what a deploy of v1 would have made, and can be replaced and brought back like that.
    expect(await stage.deploy({ version: 'v1' })).toMatchObject({ exit: 0 });
    expect(stage.host('i-1').named('api')?.id).toBe(after?.id);
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged' });
  });

  it('is made again on hosts that had finished, when they are rolled back', async () => {
    const stage = await fleetOnV1();
    failsWithoutPredecessor(stage, 'i-3', 'i-1', 'i-2');
    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [], mixed: false });
    expect(await stage.later()).toEqual(allOnV1);
  });

  it('is made again from a pulled image, where its image was removed, too', async () => {
    const stage = await fleetOnV1();
    failsWithoutPredecessor(stage, 'i-1');
    stage.atTask('i-1', 'health', 'task.started', () => pruneImages(stage, 'i-1'));
    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(allOnV1);
  });

  it.each(['runtime.stop', 'runtime.create', 'runtime.start'])(
    'is made again by recover, here and elsewhere, of a run that was killed at %s',
    async (method) => {
      const here = await killedAndPruned(method);
      expect(await here.recover({ lockWait })).toMatchObject({ exit: 0, named: [] });
      expect(await here.later()).toEqual(allOnV1);
      const there = await killedAndPruned(method);
      const world = await there.elsewhere();
      const result = await there.world.clock.run(recoverWith(world, recoverOptions, there.hooks));
      expect(result).toMatchObject({ exit: 0, named: [] });
      expect(await there.later()).toEqual(allOnV1);
    },
  );

  it('is made again though its settings name the version that it ran', async () => {
    const container = { name: 'api', ports: ['5060:5000'], env: { VERSION: '{{ version }}' } };
    const stage = await killedAndPruned('runtime.start', { groupVars: { container } });
    expect(await stage.recover({ lockWait })).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(allOnV1);
    expect(stage.host('i-1').named('api')?.birth.env).toEqual({ VERSION: 'v1' });
  });

  it('is made again once, by a recovery that was killed while it did', async () => {
    const recovering = async (stage: FleetStage, call?: number) =>
      stage.untilDeath(call === undefined ? undefined : { call, when: 'after' }, (world, hooks) =>
        recoverWith(world, recoverOptions, hooks),
      );
    const whole = await recovering(await killedAndPruned('runtime.start'));
    const stage = await killedAndPruned('runtime.start');
    await recovering(stage, whole.calls.indexOf('runtime.create') + 1);
    expect(await stage.recover({ lockWait })).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(allOnV1);
    expect(stage.mutations.filter((call) => call === 'i-1 create api')).toHaveLength(3);
  });

  it('is named with what to do where the settings are others by now, and made again once they are back', async () => {
    const stage = await killedAndPruned('runtime.start');
    const container = { name: 'api', ports: ['5060:5000'] };
    stage.with({ container: { ...container, env: { NEW: 'yes' } } });
    const result = await stage.recover({ lockWait });
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.named[0]?.reason).toContain('Check out the project as it was');
    stage.with({ container });
    expect(await stage.recover({ lockWait })).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(allOnV1);
  });

  it('is named, and nothing is made, where its image is not to be had either', async () => {
    const stage = await fleetOnV1();
    failsWithoutPredecessor(stage, 'i-1');
    stage.atTask('i-1', 'health', 'task.started', () => pruneImages(stage, 'i-1'));
    stage.release(image.failsToPull(), 'v1');
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(stage.mutations.filter((call) => call === 'i-1 create api')).toHaveLength(2);
  });
});
