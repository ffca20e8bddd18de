import { describe, expect, it } from 'vitest';
import { AdfError } from '../../src/errors/adf-error.js';
import { groupName } from '../../src/model/ids.js';
import type { RunResult } from '../../src/model/run-result.js';
import type { TargetGroup } from '../../src/model/registration.js';
import { clockMargin, ofOthers, reservationsIn } from '../../src/plan/reservation.js';
import type { RunHooks } from '../../src/world/context.js';
import type { World } from '../../src/world/world.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import { deployOptions, FleetStage, repository } from '../stages/fleet-stage.js';

const web = {
  image: 'registry:5000/api',
  version: 'v2',
  container: { name: 'api', ports: ['5060:5000'] },
  health: { port: 5060, path: '/health', passes: 3, interval: '1s', timeout: '20s' },
  target_groups: ['api-http'],
  rollout: { serial: 1, bake: '10s', min_healthy: '75%' },
};

/** Two hosts of each of two groups, `api` and `web`, in one target group that may miss one of four. */
class SharedStage extends FleetStage {
  /** The least that were healthy at any time since. */
  least = Infinity;

  constructor(targetGroup: Partial<TargetGroup> = {}) {
    const of = (name: string) => ({ groups: [groupName(name)] });
    super({
      targetGroup,
      hosts: [of('api'), of('api'), of('web'), of('web')],
      rollout: { min_healthy: '75%' },
      files: { 'inventory/group_vars/web.yml': JSON.stringify(web) },
    });
    for (const host of this.hosts.slice(2)) {
      host.containers.clear();
      const labels = { ...labelsOf('api', { digest: this.v1, version: 'v1' }), 'adfpush.group': 'web' };
      host.runs({ name: 'api', repository, digest: this.v1, ports: [5060], labels });
    }
    this.world.clock.every(100, () => {
      this.least = Math.min(this.least, this.group.healthy);
    });
  }

  /** A deploy of each of these lists of groups, all at once. */
  async deploys(...lists: readonly (readonly string[])[]): Promise<readonly RunResult[]> {
    const worlds = await Promise.all(lists.map(async () => this.ports()));
    return this.world.clock.run(
      Promise.all(
        worlds.map((world, index) =>
          deployWith(world, { ...deployOptions, groups: (lists[index] ?? []).map(groupName) }, this.hooks),
        ),
      ),
    );
  }

  refuse(...methods: readonly string[]): void {
    this.world.calls.intercept = (call, proceed) =>
      call.port === 'traffic' && methods.includes(call.method)
        ? Promise.reject(
            new AdfError({ code: 'aws.access_denied', class: 'refused', message: `May not ${call.method}.` }),
          )
        : proceed();
  }

  get permissionWarnings(): readonly string[] {
    return this.told('warning')
      .map(({ message }) => message)
      .filter((message) => message.includes('elasticloadbalancing:AddTags'));
  }
}

describe('two groups in one target group', () => {
  it('are deployed at once without going below its floor, and leave no tag', async () => {
    const stage = new SharedStage();
    stage.group.tags.set('team', 'shop');
    const results = await stage.deploys(['api'], ['web']);
    expect(results.map(({ exit }) => exit)).toEqual([0, 0]);
    expect(stage.least).toBe(3);
    expect([...stage.group.tags]).toEqual([['team', 'shop']]);
  });

  it('are deployed by one run one after the other', async () => {
    const stage = new SharedStage();
    const [result] = await stage.deploys(['api', 'web']);
    expect([result?.exit, stage.least, stage.group.tags.size]).toEqual([0, 3, 0]);
  });

  it.each(['tag', 'untag', 'tags'])(
    'are guarded each alone, with one warning, where %s is denied',
    async (method) => {
      const stage = new SharedStage();
      stage.refuse(method);
      const [result] = await stage.deploys(['api']);
      expect([result?.exit, stage.least]).toEqual([0, 3]);
      expect(stage.permissionWarnings).toHaveLength(1);
    },
  );

  it('are not drained while their tags cannot be read', async () => {
    const stage = new SharedStage();
    stage.world.calls.intercept = (call, proceed) =>
      call.method === 'tags'
        ? Promise.reject(new AdfError({ code: 'aws.failed', class: 'refused', message: 'TooManyTags' }))
        : proceed();
    const [result] = await stage.deploys(['api']);
    expect([result?.exit === 0, stage.least]).toEqual([false, 4]);
  });

  it('see what the other has out for as long as it is out, however long that takes', async () => {
    const stage = new SharedStage({ deregistrationDelay: 400_000 });
    const reserved: boolean[] = [];
    stage.world.clock.every(1_000, () => {
      if (stage.group.health().some(({ state }) => state === 'draining')) {
        const tags = [...stage.group.tags].map(([key, value]) => ({ key, value }));
        const others = ofOthers(reservationsIn(tags), 'another', stage.world.clock.now() + clockMargin);
        reserved.push(others.some(({ out, wanted }) => out.size + wanted.size > 0));
      }
    });
    const [result] = await stage.deploys(['api']);
    expect(result?.exit).toBe(0);
    expect(reserved.length).toBeGreaterThan(400);
    expect(reserved).not.toContain(false);
  });

  it('keep no tag of a run that died, once it is recovered', async () => {
    const deploy = (world: World, hooks: RunHooks) => deployWith(world, deployOptions, hooks);
    const { calls } = await new SharedStage().untilDeath(undefined, deploy);
    const stage = new SharedStage();
    await stage.untilDeath({ call: calls.indexOf('traffic.deregister') + 1, when: 'after' }, deploy);
    expect(stage.group.tags.size).toBe(1);
    expect((await stage.recover()).exit).toBe(0);
    expect(stage.group.tags.size).toBe(0);
  });

  it('keep no tag of a run that ends with a host out, nor of its recovery', async () => {
    const stage = new SharedStage();
    stage.refuse('register');
    const [result] = await stage.deploys(['api']);
    expect([result?.exit, stage.group.tags.size]).toEqual([5, 0]);
    const recovered = await stage.recover();
    expect([recovered.exit, stage.group.tags.size]).toEqual([5, 0]);
  });
});
