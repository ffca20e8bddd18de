import { expect, it } from 'vitest';
import { TargetGroups } from '../../src/engine/target-groups.js';
import { awsError } from '../../src/errors/aws.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { FakeTraffic } from '../fakes/fake-traffic.js';
import { World } from '../fakes/world/world.js';

it('looks for target groups again when the first look failed, and never after one that did not', async () => {
  const world = new World();
  world.addTargetGroup('api-http');
  const { host } = world.addHost('i-1');
  const call = { action: 'elasticloadbalancing:DescribeTargetGroups', region: 'eu-west-1' };
  const refused = awsError(Object.assign(new Error('no'), { name: 'AccessDenied' }), call);
  let failures = 1;
  world.calls.intercept = (_call, proceed) => {
    if (failures-- > 0) throw refused;
    return proceed();
  };
  const groups = new TargetGroups(new SharedTraffic(new FakeTraffic(world), world.clock));
  const find = () => groups.find({ kind: 'named', names: ['api-http'] }, [host], new Set([5060]));

  await expect(find()).rejects.toMatchObject({ code: expect.stringMatching(/^aws\./) as string });
  expect((await find()).map(({ name }) => name)).toEqual(['api-http']);
  await find();
  expect(world.calls.of('traffic')).toHaveLength(2);
});
