import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/deploy/deploy.js';
import { image } from '../fakes/world/image-behaviour.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const inService = (...releases: readonly string[]): readonly string[] =>
  releases.map((release, index) => `i-${index + 1}: ${release} running, in service`);

describe('a batch that waits for healthy hosts', () => {
  it('does not begin after a signal', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.at(
      (event) => event.type === 'bake.ended',
      () => stage.group.flap(stage.registrations[0]!, 300_000),
    );
    stage.at(
      ({ type }) => type === 'batch.waiting',
      () => stage.interrupt(),
    );

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 143, outcome: 'interrupted', named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'untouched']);
    expect(await stage.later()).toEqual(inService('v2', 'v1'));
  });
});

describe('a host that is restored, and of which something is taken again before it is looked at for the last time', () => {
  it('is not called restored: it is named with what it lacks, and the next recovery restores it', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.release(image.neverHealthy());
    let isRestored = false;
    stage.at(
      (event) =>
        event.type === 'hold.settled' && event.as === 'returned' && stage.told('restore.started').length > 0,
      () => {
        isRestored = true;
        const container = stage.host('i-1').named('api');
        if (container === undefined) return;
        container.restartPolicy = { name: 'no' };
        container.stop('operator');
      },
    );

    const result = await stage.deploy();

    expect(isRestored).toBe(true);
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(stage.now[0]).toContain('v1 stopped');

    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(inService('v1', 'v1'));
  });
});

describe('a health check with a host name', () => {
  it('asks the container by that name', async () => {
    const health = {
      port: 5060,
      path: '/health',
      host: 'api.example',
      passes: 1,
      interval: '1s',
      timeout: '20s',
    };
    const stage = new FleetStage({ hosts: 1, groupVars: { health }, rollout: { min_healthy: 0 } });
    const world = await stage.ports();
    const asked = new Set<string | undefined>();
    const http: typeof world.http = {
      request: (host, request) => {
        asked.add(request.hostHeader);
        return world.http.request(host, request);
      },
    };

    const result = await stage.world.clock.run(deployWith({ ...world, http }, deployOptions, stage.hooks));

    expect(result).toMatchObject({ exit: 0 });
    expect([...asked]).toEqual(['api.example']);
    expect(await stage.later()).toEqual(inService('v2'));
  });
});
