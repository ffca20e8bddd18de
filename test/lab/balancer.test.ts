import {
  createServer,
  get,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCloudServices, type CloudServices } from '../../src/lab/cloud-services.js';
import { startLoad } from '../../src/lab/load.js';
import { until } from '../stages/until.js';

const delay = 500;

/** A target: answers at once, or holds every request until it is let go. */
class App {
  readonly held: ServerResponse[] = [];
  holds = false;
  healthy = true;
  connections = 0;
  port = 0;
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  constructor(readonly name: string) {
    this.#server.on('connection', () => (this.connections += 1));
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  kill(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/health') response.writeHead(this.healthy ? 200 : 500).end();
    else if (this.holds) this.held.push(response);
    else request.pipe(response.writeHead(200, { 'x-app-version': this.name }));
  }
}

let apps: Record<string, App>;
let cloud: CloudServices;
let url: string;

beforeEach(async () => {
  apps = { 'i-1': await new App('one').start(), 'i-2': await new App('two').start() };
  cloud = await startCloudServices({
    instances: Object.keys(apps).map((id) => ({ id, privateIp: '10.0.0.1', zone: 'eu-lab-1a' })),
    targetGroups: [
      {
        name: 'api-http',
        port: 80,
        deregistrationDelay: delay,
        healthCheck: { interval: 40, unhealthyThreshold: 5 },
      },
    ],
    resolve: (id) => ({ address: '127.0.0.1', port: apps[id]!.port }),
  });
  url = cloud.balancerUrl('api-http');
});

afterEach(async () => {
  await cloud.stop();
  for (const app of Object.values(apps)) app.kill();
});

const fetchStatus = (path = '/') =>
  new Promise<{ status: number; version: string }>((resolve, reject) => {
    get(url + path, (response) => {
      response.resume();
      const version = String(response.headers['x-app-version'] ?? '');
      response.on('end', () => resolve({ status: response.statusCode!, version }));
      response.on('error', reject);
    }).on('error', reject);
  });

async function inService(...ids: string[]): Promise<void> {
  for (const id of ids) cloud.aws.register('api-http', id);
  await until(() => {
    const healthy = cloud.aws.registrations('api-http').filter(({ state }) => state === 'healthy');
    return healthy.length === ids.length;
  });
}

describe('the balancer', () => {
  it('shares requests among healthy targets, over connections that it keeps', async () => {
    await inService('i-1', 'i-2');
    const load = startLoad({ url, connections: 4, perSecond: 1_000 });

    await until(() => load.report().sent >= 200);
    const report = await load.stop();

    expect(report.failed).toBe(0);
    expect(report.versions['one']).toBeGreaterThan(50);
    expect(report.versions['two']).toBeGreaterThan(50);
    expect(report.versions['one']! + report.versions['two']!).toBe(report.sent);
    const { requests, byStatus } = cloud.balancer.statistics('api-http')!;
    expect({ requests, byStatus }).toEqual({ requests: report.sent, byStatus: { 200: report.sent } });
  });

  it('passes bodies on in both directions', async () => {
    await inService('i-1');
    const body = 'x'.repeat(300_000);

    const echoed = await (await fetch(url, { method: 'POST', body })).text();

    expect(echoed).toBe(body);
  });

  it('answers 502 for a target that was killed, until its checks fail, and never tries another', async () => {
    await inService('i-1', 'i-2');
    const load = startLoad({ url, connections: 4, perSecond: 400 });
    await until(() => load.report().sent >= 40);

    apps['i-1']!.kill();
    await until(() => cloud.aws.registrations('api-http').some(({ state }) => state === 'unhealthy'));
    const afterwards = load.report();
    await until(() => load.report().sent >= afterwards.sent + 60);
    const report = await load.stop();

    expect(afterwards.failures['502']).toBeGreaterThan(0);
    expect(report.failed - afterwards.failed).toBeLessThanOrEqual(4);
    expect(cloud.balancer.statistics('api-http')!.ownErrors).toBe(report.failed);
  });

  it('loses no request when a target is drained before it is killed', async () => {
    await inService('i-1', 'i-2');
    const load = startLoad({ url, connections: 4, perSecond: 400 });
    await until(() => load.report().sent >= 40);

    cloud.aws.deregister('api-http', 'i-1');
    await until(() => cloud.aws.registrations('api-http').length === 1);
    apps['i-1']!.kill();
    const before = load.report().sent;
    await until(() => load.report().sent >= before + 100);
    const report = await load.stop();

    expect(report.failures).toEqual({});
  });

  it('lets a request that is under way finish while its target drains, and sends no new one there', async () => {
    await inService('i-1');
    apps['i-1']!.holds = true;
    const slow = fetchStatus();
    await until(() => apps['i-1']!.held.length === 1);
    await inService('i-1', 'i-2');

    cloud.aws.deregister('api-http', 'i-1');
    const others = await Promise.all([fetchStatus(), fetchStatus(), fetchStatus()]);
    apps['i-1']!.held[0]!.writeHead(200, { 'x-app-version': 'one' }).end();

    expect(others.map(({ version }) => version)).toEqual(['two', 'two', 'two']);
    expect(await slow).toEqual({ status: 200, version: 'one' });
  });

  it('cuts off what is still under way when the deregistration delay ends', async () => {
    await inService('i-1');
    apps['i-1']!.holds = true;
    const slow = fetchStatus();
    await until(() => apps['i-1']!.held.length === 1);

    cloud.aws.deregister('api-http', 'i-1');

    expect((await slow).status).toBe(502);
  });

  it('keeps what is under way when a draining target is registered again', async () => {
    await inService('i-1');
    apps['i-1']!.holds = true;
    const slow = fetchStatus();
    await until(() => apps['i-1']!.held.length === 1);

    cloud.aws.deregister('api-http', 'i-1');
    cloud.aws.register('api-http', 'i-1');
    const began = performance.now();
    await until(() => performance.now() - began > delay + 100);
    apps['i-1']!.held[0]!.writeHead(200).end();

    expect((await slow).status).toBe(200);
  });

  it('fails open: when all targets are unhealthy, requests go to all of them', async () => {
    await inService('i-1', 'i-2');
    for (const app of Object.values(apps)) app.healthy = false;
    await until(() => cloud.aws.registrations('api-http').every(({ state }) => state === 'unhealthy'));

    const answers = [await fetchStatus(), await fetchStatus()];

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(answers.map(({ version }) => version))).toEqual(new Set(['one', 'two']));
  });

  it('answers 503 when no target is registered', async () => {
    expect((await fetchStatus()).status).toBe(503);
  });

  it('goes on when a client goes away in the middle of its request', async () => {
    await inService('i-1');
    apps['i-1']!.holds = true;
    const impatient = request(url).on('error', () => undefined);
    impatient.end();
    await until(() => apps['i-1']!.held.length === 1);

    impatient.destroy();
    apps['i-1']!.holds = false;

    expect((await fetchStatus()).status).toBe(200);
  });
});
