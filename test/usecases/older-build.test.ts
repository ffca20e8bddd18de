import { describe, expect, it } from 'vitest';
import { AdfErrors, errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import { label } from '../../src/model/container.js';
import type { Milliseconds } from '../../src/model/duration.js';

import type { RunResult } from '../../src/model/run-result.js';
import { deployWith } from '../../src/deploy/deploy.js';
import type { DeployOptions } from '../../src/deploy/plan-groups.js';
import { resumeWith } from '../../src/deploy/resume.js';
import { rollbackWith } from '../../src/deploy/rollback.js';
import type { World } from '../../src/world/world.js';
import { groupName } from '../../src/model/ids.js';
import type { Death } from '../fakes/mortal-world.js';
import { MemoryJournalStore } from '../fakes/memory-journal.js';
import { deployOptions, FleetStage, repository } from '../stages/fleet-stage.js';
import { image } from '../fakes/world/image-behaviour.js';

/** A run that was started at this moment, on a machine of its own, whose wall clock may be wrong. */
interface Build {
  readonly world: World;
  readonly version: string;
}

/** All on v1; v2 and v3 are there to be deployed. */
function stageOf(hosts = 3): FleetStage {
  const stage = new FleetStage({ hosts });
  stage.release(image.healthy(), 'v3');
  return stage;
}

/** Starts a build: from now on it waits for what it has to. */
async function start(stage: FleetStage, version: string, wrongBy: Milliseconds = 0): Promise<Build> {
  const world = await stage.ports();
  await stage.world.clock.advance(2_000);
  const { clock } = world;
  const wrong = {
    now: () => clock.now() + wrongBy,
    elapsed: () => clock.elapsed(),
    sleep: (duration: Milliseconds, signal?: AbortSignal) => clock.sleep(duration, signal),
  };
  return { world: { ...world, clock: wrong, owner: { who: `jenkins@${version}` } }, version };
}

const roll = (stage: FleetStage, build: Build, given: Partial<DeployOptions> = {}): Promise<RunResult> =>
  stage.world.clock.run(going(stage, build, given));

const going = (stage: FleetStage, { world, version }: Build, given: Partial<DeployOptions> = {}) =>
  deployWith(world, { ...deployOptions, version, ...given }, stage.hooks);

/** The same build, which gets the lease only when something is over. */
const after = (first: Promise<unknown>, { world, version }: Build): Build => ({
  version,
  world: {
    ...world,
    leases: {
      acquire: async (request) => {
        await first;
        return world.leases.acquire(request);
      },
      look: (name) => world.leases.look(name),
      seize: (name, by) => world.leases.seize(name, by),
    },
  },
});

async function refusals(act: Promise<unknown>): Promise<readonly AdfError[]> {
  const thrown: unknown = await act.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AdfErrors);
  return errorsOf(thrown);
}

const all = (stage: FleetStage, what: string): readonly string[] =>
  stage.hosts.map(({ host }) => `${host.id}: ${what} running, in service`);

describe('a build that was started before the one whose release runs', () => {
  it('is refused, and tells which run is newer, its version, who and when', async () => {
    const stage = stageOf();
    const older = await start(stage, 'v2');
    const newer = await start(stage, 'v3');
    await roll(stage, newer);
    const before = stage.mutations.length;

    const [error, ...others] = await refusals(roll(stage, older));

    expect(others).toEqual([]);
    expect(error).toMatchObject({ code: 'preflight.newer_release', class: 'refused' });
    const run = stage.host('i-1').named('api')?.birth.labels[label.run];
    expect(error?.message).toBe(
      `This run is older than the release of "api": v3 on 3 hosts is of run ${run}, which was started by jenkins@v3 at 2026-11-21T03:15:02.000Z, after this run.`,
    );
    expect(error?.hint).toContain('--force');
    expect(stage.mutations).toHaveLength(before);
    expect(stage.leases.holder('test.api')).toBeUndefined();
    expect(await stage.later()).toEqual(all(stage, 'v3'));
  });

  it('is refused too when it planned before, and gets the lease last', async () => {
    const stage = stageOf();
    const older = await start(stage, 'v2');
    const newer = await start(stage, 'v3');
    const rolling = going(stage, newer);
    const waiting = going(stage, after(rolling, older), { lockWait: 600_000 });
    waiting.catch(() => undefined);
    await stage.world.clock.run(rolling);

    expect(await refusals(stage.world.clock.run(waiting))).toMatchObject([
      { code: 'preflight.newer_release' },
    ]);
    expect(stage.leases.holder('test.api')).toBeUndefined();
    expect(await stage.later()).toEqual(all(stage, 'v3'));
  });

  it.each([-900_000, 900_000])(
    'whatever the clocks of the two machines say: %d ms apart',
    async (wrongBy) => {
      const stage = stageOf();
      const older = await start(stage, 'v2', wrongBy);
      const newer = await start(stage, 'v3');
      await roll(stage, newer);
      expect(await refusals(roll(stage, older))).toMatchObject([{ code: 'preflight.newer_release' }]);
    },
  );

  it('is refused with --limit, when one of its hosts has the newer release', async () => {
    const stage = stageOf();
    const older = await start(stage, 'v2');
    await roll(stage, await start(stage, 'v3'), { limit: 'i-1,i-2' });
    const [error] = await refusals(roll(stage, older, { limit: 'i-2,i-3' }));
    expect(error?.message).toContain('v3 on i-2 is of run');
    expect(await stage.later()).toEqual([
      'i-1: v3 running, in service',
      'i-2: v3 running, in service',
      'i-3: v1 running, in service',
    ]);
  });

  it('goes ahead on hosts that the newer one left alone', async () => {
    const stage = stageOf();
    const older = await start(stage, 'v2');
    await roll(stage, await start(stage, 'v3'), { limit: 'i-1' });
    expect(await roll(stage, older, { limit: 'i-3' })).toMatchObject({ exit: 0 });
  });

  it('has nothing to do, and ends well, when the newer one put the same release there', async () => {
    const stage = stageOf();
    const older = await start(stage, 'v2');
    await roll(stage, await start(stage, 'v2'));
    expect(await roll(stage, older)).toMatchObject({ exit: 0, outcome: 'converged' });
  });

  it('is refused when the newer one found the release that it wanted, and rolled nothing', async () => {
    const stage = stageOf();
    await roll(stage, await start(stage, 'v3'));
    const older = await start(stage, 'v2');
    const newer = await start(stage, 'v3');
    expect(await roll(stage, newer)).toMatchObject({ exit: 0, outcome: 'converged' });
    const before = stage.mutations.length;

    const [error, ...others] = await refusals(roll(stage, older));

    expect(others).toEqual([]);
    expect(error).toMatchObject({ code: 'preflight.newer_release', class: 'refused' });
    expect(error?.message).toMatch(
      /^This run is older than the release of "api": v3 on 3 hosts was confirmed by run \S+, which was started by jenkins@v3 at \S+, after this run\.$/,
    );
    expect(stage.mutations).toHaveLength(before);
    expect(stage.leases.holder('test.api')).toBeUndefined();
    expect(await roll(stage, older, { force: true })).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all(stage, 'v2'));
  });

  it('is refused when the newer one rolled a part of the hosts, and found the others as it wanted them', async () => {
    const stage = stageOf();
    await roll(stage, await start(stage, 'v3'), { limit: 'i-1' });
    const older = await start(stage, 'v2');
    await roll(stage, await start(stage, 'v3'));
    const [error] = await refusals(roll(stage, older, { limit: 'i-1' }));
    expect(error?.message).toContain('v3 on i-1 was confirmed by run');
  });

  it('is refused whichever of two newer ones found it last', async () => {
    const stage = stageOf();
    await roll(stage, await start(stage, 'v3'));
    const first = await start(stage, 'v3');
    const older = await start(stage, 'v2');
    const newest = await start(stage, 'v3');
    await roll(stage, newest);
    await roll(stage, first);
    expect(await refusals(roll(stage, older))).toMatchObject([{ code: 'preflight.newer_release' }]);
  });

  it('goes ahead with --force, and says over what', async () => {
    const stage = stageOf();
    const older = await start(stage, 'v2');
    await roll(stage, await start(stage, 'v3'));
    expect(await roll(stage, older, { force: true })).toMatchObject({ exit: 0 });
    expect(stage.told('warning').filter(({ message }) => message.includes('--force is given'))).toHaveLength(
      1,
    );
    expect(await stage.later()).toEqual(all(stage, 'v2'));
  });

  it.each([-900_000, 0])(
    'is refused as an interrupted run that is gone on with, and waits: clocks %d ms apart',
    async (wrongBy) => {
      const kill = (stage: FleetStage, death?: Death) =>
        stage.untilDeath(death, (world, hooks) =>
          deployWith(world, { ...deployOptions, version: 'v2' }, hooks),
        );
      const { calls } = await kill(stageOf());
      const stage = stageOf();
      await kill(stage, { call: calls.indexOf('runtime.pull') + 1, when: 'before' });
      const resuming = await start(stage, 'v2');
      const { world } = await start(stage, 'v3', wrongBy);
      const newer = { version: 'v3', world: { ...world, journals: new MemoryJournalStore() } };
      const rolling = going(stage, newer, { lockWait: 600_000 });
      const options = { project: '/project', extraVars: [], check: false, diff: false, lockWait: 600_000 };
      const resumed = resumeWith(after(rolling, resuming).world, options, stage.hooks);
      resumed.catch(() => undefined);
      await stage.world.clock.run(rolling);
      const thrown: unknown = await stage.world.clock.run(resumed).catch((error: unknown) => error);
      expect(errorsOf(thrown)[0].code).toBe('resume.rolled_since');
      expect(await stage.later()).toEqual(all(stage, 'v3'));
    },
  );

  it('is refused over several groups, and each that has a newer release is named', async () => {
    const worker = {
      image: repository,
      version: 'v2',
      container: { name: 'worker', ports: ['5061:5000'] },
      health: { port: 5061, passes: 3, timeout: '20s' },
      target_groups: 'none',
      rollout: { serial: 1, bake: '10s', min_healthy: 0 },
    };
    const groups = ['api', 'worker'];
    const stage = new FleetStage({
      hosts: [{ groups: groups.map(groupName) }, { groups: groups.map(groupName) }],
      files: { 'inventory/group_vars/worker.yml': JSON.stringify(worker) },
    });
    stage.release(image.healthy(), 'v3');
    const older = await start(stage, 'v2');
    await roll(stage, await start(stage, 'v3'), { groups });
    const before = stage.mutations.length;
    expect((await refusals(roll(stage, older, { groups }))).map(({ message }) => message)).toEqual([
      expect.stringContaining('release of "api": v3 on 2 hosts'),
      expect.stringContaining('release of "worker": v3 on 2 hosts'),
    ]);
    expect(stage.mutations).toHaveLength(before);
  });
});

describe('never refused as an older build', () => {
  it.each([-900_000, 0, 900_000])(
    'is a run that was started when the newer one was over: clock wrong by %d ms',
    async (wrongBy) => {
      const stage = stageOf();
      await roll(stage, await start(stage, 'v3'));
      const later = await start(stage, 'v2', wrongBy);
      expect(await roll(stage, later)).toMatchObject({ exit: 0 });
      expect(await stage.later()).toEqual(all(stage, 'v2'));
    },
  );

  it('is a run that was started while an older one rolled, though that one ends last', async () => {
    const stage = stageOf();
    const older = await start(stage, 'v2');
    const rolling = going(stage, older);
    rolling.catch(() => undefined);
    await stage.world.clock.advance(1_000);
    const newer = await start(stage, 'v3');
    const waiting = going(stage, newer, { lockWait: 600_000 });
    expect(await stage.world.clock.run(rolling)).toMatchObject({ exit: 0 });
    expect(await stage.world.clock.run(waiting)).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all(stage, 'v3'));
  });

  it('is a newer run that planned before an older one rolled: it plans again', async () => {
    const stage = stageOf();
    const older = await start(stage, 'v2');
    const newer = await start(stage, 'v3');
    const rolling = going(stage, older);
    const waiting = going(stage, after(rolling, newer), { lockWait: 600_000 });
    await stage.world.clock.run(rolling);
    expect(await stage.world.clock.run(waiting)).toMatchObject({ exit: 0 });
    const plans = stage
      .told('plan.made')
      .map(({ plan }) => plan.hosts.map(({ from }) => from.containers[0]?.version));
    expect(plans.at(-1)).toEqual(['v2', 'v2', 'v2']);
    expect(await stage.later()).toEqual(all(stage, 'v3'));
  });

  it('is one that is started after a newer one found the release that it wanted', async () => {
    const stage = stageOf();
    await roll(stage, await start(stage, 'v3'));
    await roll(stage, await start(stage, 'v3'));
    expect(await roll(stage, await start(stage, 'v2'))).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all(stage, 'v2'));
  });

  it('is one over what a later run has put there since the newer one found its release', async () => {
    const stage = stageOf();
    await roll(stage, await start(stage, 'v3'));
    const older = await start(stage, 'v2');
    const other = await start(stage, 'v1');
    await roll(stage, await start(stage, 'v3'));
    await roll(stage, other, { force: true });
    expect(await roll(stage, older, { force: true })).toMatchObject({ exit: 0 });
    expect(await roll(stage, await start(stage, 'v3'))).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all(stage, 'v3'));
  });

  it('is a rollback', async () => {
    const stage = stageOf();
    await roll(stage, await start(stage, 'v2'));
    const { world } = await start(stage, 'v1');
    await roll(stage, await start(stage, 'v3'));
    const options = { ...deployOptions, to: 'v1' };
    expect(await stage.world.clock.run(rollbackWith(world, options, stage.hooks))).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all(stage, 'v1'));
  });
});
