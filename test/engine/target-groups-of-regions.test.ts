import { describe, expect, it } from 'vitest';
import { TargetGroups } from '../../src/engine/target-groups.js';
import { region } from '../../src/model/ids.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { FakeTraffic } from '../fakes/fake-traffic.js';
import { World } from '../fakes/world/world.js';

const [west, north] = [region('eu-west-1'), region('eu-north-1')];

/** Hosts in two regions, and the target groups of the first, of the second, and of both. */
function stage() {
  const world = new World();
  const hosts = [west, north].map((where, index) => world.addHost(`i-${index + 1}`, { region: where }));
  world.addTargetGroup('only-west', { region: west });
  world.addTargetGroup('only-north', { region: north });
  world.addTargetGroup('both', { region: west });
  const groups = new TargetGroups(new SharedTraffic(new FakeTraffic(world), world.clock));
  const listed = hosts.map(({ host }) => host);
  const find = async (names: readonly string[], among = listed): Promise<readonly string[]> =>
    (await groups.find({ kind: 'named', names }, among, new Set([5060]))).map(
      (group) => `${group.name} in ${group.region}`,
    );
  return { world, hosts, groups, listed, find };
}

describe('the target groups that a group of hosts in several regions names', () => {
  it('are found in whichever of its regions they are', async () => {
    const { find } = stage();
    expect(await find(['only-west', 'only-north', 'both'])).toEqual([
      'only-west in eu-west-1',
      'only-north in eu-north-1',
      'both in eu-west-1',
    ]);
  });

  it('are missing only when they are in none of them', async () => {
    const { find } = stage();
    await expect(find(['only-west', 'nowhere'])).rejects.toMatchObject({
      code: 'traffic.target_group_missing',
      message: expect.stringContaining('nowhere') as string,
    });
  });

  it('are none for hosts of no region', async () => {
    const { find, listed } = stage();
    const nowhere = listed.map(({ region: _, ...host }) => host);
    expect(await find(['only-west'], nowhere)).toEqual([]);
  });

  it('are not those of others when they are to be found by themselves', async () => {
    const { world, hosts, groups, listed } = stage();
    const [ours, theirs] = ['ours', 'theirs'].map((name) =>
      world.addTargetGroup(name, { region: west, loadBalancers: ['front'] }),
    );
    world.registered(ours!, hosts[0]!, 5060);
    world.registered(theirs!, world.addHost('i-9', { region: west }), 5060);
    const found = await groups.find({ kind: 'auto' }, listed, new Set([5060]));
    expect(found.map(({ name }) => name)).toEqual(['ours']);
  });
});
