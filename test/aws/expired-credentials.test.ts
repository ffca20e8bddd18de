import { setTimeout as delay } from 'node:timers/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { startCloudServices, type CloudServices } from '../../src/lab/cloud-services.js';
import { region } from '../../src/model/ids.js';
import { awaitDrained, awaitInService } from '../../src/traffic/await-targets.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { HurriedClock } from '../fakes/hurried-clock.js';

const ids = ['i-1', 'i-2', 'i-3'];
const role = 'arn:aws:iam::123456789012:role/deployer';
/** In the hurried clock's time: ten seconds of ours. */
const timeout = 500_000;

let app: Server;
let lab: CloudServices;
beforeEach(async () => {
  app = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(app, 'listening');
  const address = app.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  lab = await startCloudServices({
    instances: ids.map((id, index) => ({ id, privateIp: `10.0.0.${index + 1}`, zone: 'eu-lab-1a' })),
    targetGroups: [{ name: 'api-http', port: 5060, deregistrationDelay: 100, healthCheck: { interval: 30 } }],
    resolve: () => ({ address: '127.0.0.1', port }),
  });
});
afterEach(async () => {
  await lab.stop();
  app.close();
});

async function open(assumed: Parameters<typeof connectCloud>[0] = {}) {
  const { traffic, fleet } = connectCloud({ endpoint: lab.endpoint, region: lab.region, ...assumed });
  const shared = new SharedTraffic(traffic, new HurriedClock());
  const [group] = await shared.targetGroups(region(lab.region), ['api-http']);
  const registrations = ids.map((id) => ({ targetGroup: group!.arn, id, port: 5060 }));
  return { shared, fleet, arn: group!.arn, registrations };
}
const states = () => lab.aws.registrations('api-http').map(({ id, state }) => `${id} ${state}`);

test('credentials that are renewed after five seconds slow a run down, and change nothing else', async () => {
  const { shared, arn, registrations } = await open();
  const goThrough = async (act: () => Promise<unknown>): Promise<void> => {
    lab.aws.expireCredentials();
    // Five seconds of the hurried clock.
    void delay(100).then(() => {
      lab.aws.calm();
    });
    await act();
  };

  await goThrough(() => shared.register(arn, registrations));
  await goThrough(() => awaitInService(shared, registrations, { timeout }));
  expect(states()).toEqual(ids.map((id) => `${id} healthy`));
  await goThrough(() => shared.deregister(arn, registrations));
  await goThrough(() => awaitDrained(shared, registrations, { timeout }));

  expect(states()).toEqual([]);
});

test('a session that is over is assumed again', async () => {
  const { shared, fleet, arn, registrations } = await open({ role });
  lab.aws.endSessions();

  await shared.register(arn, registrations);

  expect(lab.aws.calls('AssumeRole')).toBe(2);
  expect(states()).toHaveLength(3);
  lab.aws.endSessions();
  await expect(fleet.instances(region(lab.region), {})).rejects.toMatchObject({
    code: 'aws.expired_credentials',
  });
  expect(await fleet.instances(region(lab.region), {})).toHaveLength(3);
});

test('expired credentials that are not renewed are an error after a while, and nothing was changed', async () => {
  const { shared, arn, registrations } = await open();
  lab.aws.expireCredentials();

  await expect(shared.register(arn, registrations)).rejects.toMatchObject({
    code: 'aws.expired_credentials',
    hint: expect.stringContaining('Log in again') as string,
  });

  expect(states()).toEqual([]);
});

test('a change whose reply was lost, and that is expired when it is made again, is made once', async () => {
  const { shared, arn, registrations } = await open();
  lab.aws.loseReplies({ actions: ['RegisterTargets'], count: 1 });
  lab.aws.expireCredentials({ actions: ['DescribeTargetHealth'], count: 2 });

  await shared.register(arn, registrations);
  await awaitInService(shared, registrations, { timeout });

  expect(states()).toEqual(ids.map((id) => `${id} healthy`));
});
