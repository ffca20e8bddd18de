import { describe, expect, it } from 'vitest';
import type { Milliseconds } from '../../src/model/duration.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import type { FakeContainer } from '../fakes/world/fake-container.js';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage } from '../stages/fleet-stage.js';

/** A dockerd that is being stopped still answers this long on the connections that are open, while its containers are down already. */
const stopping: Milliseconds = 4_000;

/** Before the container of the host is looked at, to hold it. */
const onReplace = (stage: FleetStage, id: string, act: () => void): void =>
  stage.atTask(id, 'docker_container', 'task.started', act);

const containerOf = (stage: FleetStage, id: string): FakeContainer => {
  const container = stage.host(id).named('api');
  if (container === undefined) throw new Error(`${id} has no container`);
  return container;
};

const heldContainers = (records: readonly JournalRecord[]) =>
  records.flatMap((record) =>
    record.type === 'hold.opened' && record.hold.kind === 'container' ? [record.hold.previous?.running] : [],
  );

describe('what is seen while an Engine stops its containers is not what the host had', () => {
  it('a container that goes down with its Engine is held as running, and runs again when it is restored', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.release(image.neverHealthy());
    onReplace(stage, 'i-1', () => stage.host('i-1').restartEngine(10_000, 'terminated', stopping));

    expect((await stage.deploy()).exit).toBe(4);

    expect(heldContainers(await stage.journal())).toEqual([true]);
    expect(await stage.later()).toEqual(['i-1: v1 running, in service', 'i-2: v1 running, in service']);
  });

  it('a host that is converged is not planned again, and its balancer is waited for', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy();
    stage.host('i-1').restartEngine(10_000, 'terminated', stopping);

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 0, blips: 1 });
    expect(
      stage
        .told('plan.made')
        .at(-1)
        ?.plan.hosts.map(({ action }) => action),
    ).toEqual(['converged', 'converged']);
  });

  it('the audit waits for a host whose Engine was restarted since it was proven healthy', async () => {
    const stage = new FleetStage({ hosts: 2 });
    let looks = 0;
    stage.world.calls.intercept = async (call, proceed) => {
      const isAudit = stage
        .told('task.ended')
        .some(({ host, task }) => host.id === 'i-2' && task.module === 'docker_prune');
      if (isAudit && call.actor === 'i-1' && call.method === 'list' && (looks += 1) === 1) {
        stage.host('i-1').restartEngine(10_000, 'terminated', stopping);
      }
      return proceed();
    };

    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(looks).toBeGreaterThan(1);
    expect(stage.now).toEqual(['i-1: v2 running, in service', 'i-2: v2 running, in service']);
  });
});

describe('a bake', () => {
  it('begins anew for a host whose containers were started anew', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { bake: '60s' } });
    const { clock } = stage.world;
    let upAgain = 0;
    stage.at(
      ({ type }) => type === 'bake.started' && upAgain === 0,
      () =>
        void clock.after(40_000, () => {
          upAgain = clock.elapsed() + 10_000;
          stage.host('i-1').restartEngine(10_000, 'terminated', stopping);
        }),
    );
    let next = 0;
    stage.atTask('i-2', 'docker_container', 'task.started', () => (next = clock.elapsed()));

    expect(await stage.deploy()).toMatchObject({ exit: 0, errors: [] });

    expect(upAgain).toBeGreaterThan(0);
    expect(next - upAgain).toBeGreaterThanOrEqual(60_000);
  });
});

describe('an Engine that is restarted again as soon as it is up', () => {
  /** How long its containers take to go down the second time: nearly as long as dockerd waits for them. */
  const slowly: Milliseconds = 14_000;

  const restartTwice = (stage: FleetStage, id: string, stopping: Milliseconds, away: Milliseconds): void => {
    const host = stage.host(id);
    const first = stopping + away;
    host.restartEngine(first, 'terminated', stopping);
    stage.world.clock.after(first + 100, () => host.restartEngine(slowly + 6_000, 'terminated', slowly));
  };

  it('has had the container running that it stops twice', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.release(image.neverHealthy());
    onReplace(stage, 'i-1', () => restartTwice(stage, 'i-1', stopping, 6_000));

    expect((await stage.deploy()).exit).toBe(4);

    expect(heldContainers(await stage.journal())).toEqual([true]);
    expect(await stage.later()).toEqual(['i-1: v1 running, in service', 'i-2: v1 running, in service']);
  });

  it('is waited for when a restore is read back, also when its first restart was not seen', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.release(image.neverHealthy());
    let looks = 0;
    stage.world.calls.intercept = async (call, proceed) => {
      const isRestoring = stage.told('restore.started').length > 0;
      if (isRestoring && call.actor === 'i-1' && call.method === 'list' && (looks += 1) === 1) {
        // Between two looks, which are a second apart.
        restartTwice(stage, 'i-1', 4_300, 500);
      }
      return proceed();
    };

    const result = await stage.deploy();

    expect(looks).toBeGreaterThan(1);
    expect(stage.told('restore.ended').map(({ restored }) => restored)).toEqual([true]);
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(['i-1: v1 running, in service', 'i-2: v1 running, in service']);
  });
});

describe('a container that was stopped by hand', () => {
  it('just now is waited for as long as an Engine needs to end, and held as it is', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.release(image.neverHealthy());
    onReplace(stage, 'i-1', () => containerOf(stage, 'i-1').stop('world'));
    const lookedAt = stage.world.clock.elapsed();

    await stage.deploy();

    expect(heldContainers(await stage.journal())).toEqual([false]);
    expect((await stage.later())[0]).toContain('v1 stopped');
    expect(stage.world.clock.elapsed() - lookedAt).toBeGreaterThan(15_000);
  });

  it.each(['unless-stopped', 'no'] as const)(
    'a minute ago, with the policy %s, is waited for by nobody',
    async (policy) => {
      const stage = new FleetStage({ hosts: 2 });
      const container = containerOf(stage, 'i-1');
      container.restartPolicy = { name: policy };
      container.stop('world');
      await stage.world.clock.advance(policy === 'no' ? 0 : 60_000);
      const begun = stage.world.clock.elapsed();
      let planned = 0;
      stage.at(
        ({ type }) => type === 'plan.made',
        () => void (planned = stage.world.clock.elapsed()),
      );

      expect((await stage.deploy()).exit).toBe(0);

      expect(planned - begun).toBeLessThan(1_000);
    },
  );
});
