import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage, repository, type StageOptions } from '../stages/fleet-stage.js';

const prune = readFileSync(fileURLToPath(new URL('../../playbooks/prune.yml', import.meta.url)), 'utf8');

/** Hosts that had v1 and v3, and run v2; nothing of it was pruned yet. */
async function rolledTwice(options: StageOptions): Promise<FleetStage> {
  const stage = new FleetStage({ hosts: 2, ...options });
  for (const version of ['v3', 'v2']) {
    stage.world.images.publish(repository, version, image.healthy());
    await stage.deploy({ version, extraVars: [{ name: '-e', values: { rollout: { keep_releases: 3 } } }] });
  }
  return stage;
}

const containersOf = ({ hosts }: FleetStage): readonly number[] =>
  hosts.map(({ containers }) => containers.size);

describe('the packaged playbook prune', () => {
  it.each([
    [1, 2],
    [0, 1],
    [3, 3],
  ])('keeps the %i releases that the rollout of the group says', async (keep_releases, left) => {
    const stage = await rolledTwice({ rollout: { keep_releases } });
    expect(containersOf(stage)).toEqual([3, 3]);
    expect(await stage.run(prune, { group: 'api' })).toMatchObject({ exit: 0, named: [] });
    expect(containersOf(stage)).toEqual([left, left]);
    expect(stage.now).toEqual(['i-1: v2 running, in service', 'i-2: v2 running, in service']);
  });

  it('is refused for a host of several groups, unless one is asked for', async () => {
    const worker = { image: 'registry:5000/worker', container: { name: 'worker' }, target_groups: 'none' };
    const stage = await rolledTwice({
      hosts: [{ groups: ['api', 'worker'] as never }, { groups: ['api'] as never }],
      files: {
        'inventory/group_vars/worker.yml': JSON.stringify({ ...worker, rollout: { min_healthy: 0 } }),
      },
      rollout: { keep_releases: 1 },
    });
    const all = prune.replace("'{{ group }}'", 'all');
    await expect(stage.run(all)).rejects.toMatchObject({ code: 'ad_hoc.several_groups' });
    expect(await stage.run(all, { group: 'api' })).toMatchObject({ exit: 0 });
    expect(containersOf(stage)).toEqual([2, 2]);
  });
});
