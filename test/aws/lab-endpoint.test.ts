import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectCloud, type AwsCloud } from '../../src/aws/access.js';
import { startCloudServices, type CloudServices } from '../../src/lab/cloud-services.js';
import { region, targetGroupArn } from '../../src/model/ids.js';
import type { TargetGroup } from '../../src/model/registration.js';
import { awaitDrained, awaitInService } from '../../src/traffic/await-targets.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { HurriedClock } from '../fakes/hurried-clock.js';

const deregistrationDelay = 1_000;
const ids = Array.from({ length: 12 }, (_, index) => `i-${index + 1}`);

let app: Server;
let lab: CloudServices;
let cloud: AwsCloud;
let shared: SharedTraffic;
beforeEach(async () => {
  app = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(app, 'listening');
  const address = app.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const healthCheck = { interval: 30 };
  lab = await startCloudServices({
    instances: ids.map((id, index) => ({ id, privateIp: `10.0.0.${index + 1}`, zone: 'eu-lab-1a' })),
    targetGroups: [
      { name: 'api-http', port: 5060, deregistrationDelay, healthCheck },
      { name: 'api-admin', port: 5061, deregistrationDelay, healthCheck },
    ],
    resolve: () => ({ address: '127.0.0.1', port }),
  });
  cloud = connectCloud({ endpoint: lab.endpoint, region: lab.region });
  shared = new SharedTraffic(cloud.traffic, new HurriedClock());
});
afterEach(async () => {
  await lab.stop();
  app.close();
});

const groups = () => shared.targetGroups(region(lab.region), ['api-http', 'api-admin']);
const registrationsOf = ({ arn, port }: TargetGroup) => ids.map((id) => ({ targetGroup: arn, id, port }));
const shown = (name: string) => new Set(lab.aws.registrations(name).map(({ state }) => state));
/** In the hurried clock's time: ten seconds of ours. */
const timeout = 500_000;

test('the fleet, its account and its target groups are seen as they are, page by page', async () => {
  lab.aws.setPageSize(5);

  expect((await cloud.fleet.instances(region(lab.region), {})).map(({ id }) => id).sort()).toEqual(
    [...ids].sort(),
  );
  expect((await cloud.fleet.identity()).account).toBe(lab.account);
  expect(await groups()).toMatchObject([
    { name: 'api-http', port: 5060, deregistrationDelay, crossZone: true },
    { name: 'api-admin', port: 5061, deregistrationDelay, crossZone: true },
  ]);
  expect((await shared.targetGroupsInUse(region(lab.region))).map(({ name }) => name)).toEqual([
    'api-http',
    'api-admin',
  ]);
});

test('through throttling and lost replies, all hosts go into service, out of it and back, exactly as they were', async () => {
  const both = await groups();
  const all = both.flatMap(registrationsOf);
  lab.aws.limitRate(10, 20);
  lab.aws.loseReplies({
    actions: ['RegisterTargets', 'DeregisterTargets', 'DescribeTargetHealth'],
    count: 6,
  });
  const each = (verb: 'register' | 'deregister') =>
    Promise.all(all.map((registration) => shared[verb](registration.targetGroup, [registration])));

  await each('register');
  await awaitInService(shared, all, { timeout });
  expect([shown('api-http'), shown('api-admin')]).toEqual([new Set(['healthy']), new Set(['healthy'])]);

  await each('deregister');
  expect(shown('api-http')).toEqual(new Set(['draining']));
  await awaitDrained(shared, all, { timeout });
  expect([shown('api-http'), shown('api-admin')]).toEqual([new Set(), new Set()]);

  await each('register');
  await awaitInService(shared, all, { timeout });
  expect(lab.aws.registrations('api-http').map(({ id, port }) => `${id}:${port}`)).toHaveLength(ids.length);
  expect(lab.aws.registrations('api-admin').map(({ port }) => port)).toEqual(ids.map(() => 5061));
});

test('tags of a target group are written, replaced, read and removed, and those of others stay', async () => {
  const [{ arn } = { arn: targetGroupArn('') }] = await groups();
  const value = 'r1 1790000000 i-1:5060 +i-2:5060';
  await shared.tag(arn, [
    { key: 'team', value: 'shop' },
    { key: 'adfpush:out:prod/api:0', value: 'r0 1' },
  ]);
  await shared.tag(arn, [{ key: 'adfpush:out:prod/api:0', value }]);
  expect(await shared.tags(arn)).toEqual([
    { key: 'team', value: 'shop' },
    { key: 'adfpush:out:prod/api:0', value },
  ]);
  await shared.untag(arn, ['adfpush:out:prod/api:0', 'absent']);
  expect(await shared.tags(arn)).toEqual([{ key: 'team', value: 'shop' }]);
});

test('a target that is registered again while it drains comes back', async () => {
  const [group] = await groups();
  const [registration] = registrationsOf(group!);
  await shared.register(group!.arn, [registration!]);
  await awaitInService(shared, [registration!], { timeout });
  await shared.deregister(group!.arn, [registration!]);

  await shared.register(group!.arn, [registration!]);
  await awaitInService(shared, [registration!], { timeout });

  expect(lab.aws.registrations('api-http')).toMatchObject([{ id: 'i-1', port: 5060, state: 'healthy' }]);
});

test('an instance that stops while it is waited for is an impossible state', async () => {
  const [group] = await groups();
  const [registration] = registrationsOf(group!);
  await shared.register(group!.arn, [registration!]);
  lab.aws.setInstanceState('i-1', 'stopped');

  await expect(awaitInService(shared, [registration!], { timeout })).rejects.toMatchObject({
    code: 'traffic.impossible_state',
    message: expect.stringContaining('Target.InvalidState') as string,
  });
});

test('an instance that is stopped cannot be registered, and the other targets of the call are', async () => {
  const [group] = await groups();
  const [first, second] = registrationsOf(group!);
  lab.aws.setInstanceState('i-1', 'stopped');

  const outcomes = await Promise.allSettled(
    [first!, second!].map((registration) => shared.register(group!.arn, [registration])),
  );

  expect(outcomes).toMatchObject([
    { status: 'rejected', reason: { code: 'aws.invalid_target' } },
    { status: 'fulfilled' },
  ]);
  expect(lab.aws.registrations('api-http').map(({ id }) => id)).toEqual(['i-2']);
});
