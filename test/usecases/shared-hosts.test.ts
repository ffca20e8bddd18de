import { describe, expect, it } from 'vitest';
import { groupName } from '../../src/model/ids.js';
import type { RunResult } from '../../src/model/run-result.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { deployOptions, FleetStage, repository } from '../stages/fleet-stage.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import { image } from '../fakes/world/image-behaviour.js';

const web = {
  image: repository,
  version: 'v3',
  container: { name: 'web', ports: ['5061:5000'] },
  health: { port: 5061, path: '/health', passes: 3, interval: '1s', timeout: '20s' },
  target_groups: 'none',
  // Slow: its last host gets its container long after another group's deploy has pruned.
  rollout: { serial: 1, bake: '10m' },
};

/** Three hosts that run two groups, `api` and `web`, whose images are of one repository. */
class SharedHosts extends FleetStage {
  constructor(web: object, hasWeb: boolean) {
    const groups = [groupName('api'), groupName('web')];
    super({
      hosts: [{ groups }, { groups }, { groups }],
      files: { 'inventory/group_vars/web.yml': JSON.stringify(web) },
    });
    this.release(image.healthy(), 'v3');
    if (!hasWeb) return;
    const labels = { ...labelsOf('web', { digest: this.v1, version: 'v1' }), 'adfpush.group': 'web' };
    for (const host of this.hosts) {
      host.runs({ name: 'web', repository, digest: this.v1, ports: [5061], labels });
    }
  }

  async deployBoth(): Promise<readonly RunResult[]> {
    const worlds = [await this.ports(), await this.ports()];
    return this.world.clock.run(
      Promise.all(
        worlds.map((world, index) =>
          deployWith(
            world,
            { ...deployOptions, groups: [groupName(['api', 'web'][index] ?? '')] },
            this.hooks,
          ),
        ),
      ),
    );
  }
}

describe('the deploys of two groups on the same hosts, with images of one repository', () => {
  it.each([
    ['that both ran before', true],
    ['of which one is new there', false],
  ])('%s do not prune the images that the other is about to start', async (_, hasWeb) => {
    const stage = new SharedHosts(web, hasWeb);
    const [api, other] = await stage.deployBoth();
    expect(api).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(other).toMatchObject({ exit: 0, outcome: 'converged', errors: [] });
  });
});

describe('a host that needs a person for two groups', () => {
  it('is named once, with what each of them holds and why', async () => {
    const stop = { on_failure: 'stop', min_healthy: 0 };
    const stage = new SharedHosts({ ...web, rollout: stop }, true).with({ rollout: stop });
    stage.release(image.neverHealthy());
    stage.release(image.neverHealthy(), 'v3');
    await stage.deploy();
    await stage.deploy({ groups: [groupName('web')] });
    for (const host of stage.hosts) {
      const stopped = [...host.containers.values()].filter(({ running }) => !running);
      for (const container of stopped) host.remove('operator', container);
    }
    const { named, exit } = await stage.recover();
    expect(exit).toBe(5);
    expect(named.map(({ host }) => host)).toEqual(['i-1']);
    expect(named[0]?.held.toSorted()).toEqual([
      'its container "api" (v1)',
      'its container "web" (v1)',
      'its registration in api-http:5060',
    ]);
    expect(named[0]?.reason).toMatch(/container "web".* is gone.*; .*container "api".* is gone/);
  });
});
