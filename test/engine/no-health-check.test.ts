import { describe, expect, it } from 'vitest';
import { statusWith } from '../../src/deploy/status.js';
import { image } from '../fakes/world/image-behaviour.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const both = (what: string): readonly string[] => ['i-1', 'i-2'].map((id) => `${id}: ${what}`);
const noProbe = { groupVars: { health: 'none' } };

/** Somebody removes the new container of a host right after the turn has started it. */
const removedAfterStart = (stage: FleetStage, id: string): void =>
  stage.atTask(id, 'docker_container', 'task.ended', () => {
    const host = stage.host(id);
    const container = host.named('api');
    if (container !== undefined) host.remove('world', container);
  });

describe('a group without a health check', () => {
  it('with nothing on its hosts is planned, rolled and audited like any other', async () => {
    const stage = new FleetStage({ hosts: 2, previous: false, ...noProbe });
    const options = { ...deployOptions, groups: ['api'] };
    const report = await stage.world.clock.run(statusWith(await stage.ports(), options, stage.hooks));
    expect(report.groups[0]?.hosts[0]?.drift).toContain('no container "api"');
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(await stage.later()).toEqual(both('v2 running, in service'));
  });

  it('does not put a host in service on which nothing runs', async () => {
    const stage = new FleetStage({ hosts: 2, ...noProbe });
    removedAfterStart(stage, 'i-1');
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors[0]).toMatchObject({ code: 'interlock.unhealthy', host: 'i-1' });
    expect(await stage.later()).toEqual(both('v1 running, in service'));
  });

  it('is proven again after an Engine that was restarted during the bake: its containers must stay up', async () => {
    const stage = new FleetStage({ hosts: 2, ...noProbe });
    stage.at(
      ({ type }) => type === 'bake.started',
      () => stage.host('i-1').restartEngine(5_000, 'terminated'),
    );
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged', blips: 1 });
    expect(await stage.later()).toEqual(both('v2 running, in service'));
  });

  it('fails where they do not stay up after that', async () => {
    const stage = new FleetStage({ hosts: 2, ...noProbe });
    stage.at(
      ({ type }) => type === 'bake.started',
      () => {
        const container = stage.host('i-1').named('api');
        if (container !== undefined) {
          Object.assign(container.birth, { behaviour: { ...image.healthy(), exitsAfter: 2_000 } });
        }
        stage.host('i-1').restartEngine(5_000, 'terminated');
      },
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors[0]).toMatchObject({ host: 'i-1' });
    expect(await stage.later()).toEqual(both('v1 running, in service'));
  });

  it('goes back to nothing where there was nothing', async () => {
    const stage = new FleetStage({ hosts: 2, previous: false, ...noProbe });
    stage.release(image.exitsAtOnce());
    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(both('no container, unhealthy'));
  });
});

describe.each([['none'], [{ command: ['true'], passes: 2, interval: '1s', timeout: '20s' }]])(
  'a host in service that had one of its two containers stopped (health: %j)',
  (health) => {
    it('goes back to exactly that when its turn fails', async () => {
      const sidecar = { name: 'sidecar', ports: [] };
      const api = { name: 'api', ports: ['5060:5000'] };
      const groupVars = { container: undefined, containers: [api, sidecar], health };
      const stage = new FleetStage({ hosts: 2, groupVars });
      for (const host of stage.hosts) {
        stage.runsV1(host, 'sidecar', []);
        host.named('sidecar')?.stop('world');
      }
      stage.release(image.exitsAtOnce());
      expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
      expect(await stage.later()).toEqual(both('v1 running, in service'));
      expect(stage.hosts.map((host) => host.named('sidecar')?.running)).toEqual([false, false]);
    });
  },
);
