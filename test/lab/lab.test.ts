import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLab, type Lab, type LabOptions } from '../../src/lab/lab.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { isRunning } from '../stages/processes.js';
import { until } from '../stages/until.js';

let directory: string;
const labs: Lab[] = [];

beforeEach(() => {
  directory = temporaryFolder('lab');
});

afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.stop();
});

async function start(options: Partial<LabOptions> = {}): Promise<Lab> {
  const lab = await startLab({ directory: join(directory, String(labs.length)), hosts: 2, ...options });
  labs.push(lab);
  return lab;
}

/** Starts a version on a host by hand, on the port that the target group asks for. */
async function runByHand(lab: Lab, host: number, version: string): Promise<Docker.Container> {
  const docker = new Docker({ socketPath: lab.hosts[host]!.dockerSocket });
  const Image = `${lab.registryAddress}/shop/api:${version}`;
  const pulled = await docker.pull(Image);
  await new Promise((resolve) => pulled.resume().on('end', resolve));
  const container = await docker.createContainer({
    Image,
    name: 'api',
    HostConfig: { PortBindings: { '5000/tcp': [{ HostPort: '5060' }] } },
  });
  await container.start();
  return container;
}

const states = (lab: Lab) => lab.aws.registrations('api-http').map(({ state }) => state);

describe('a lab', () => {
  it('begins with registered hosts in two zones that serve nothing', async () => {
    const lab = await start();

    await until(() => states(lab).every((state) => state === 'unhealthy'));

    expect(new Set(lab.hosts.map(({ zone }) => zone)).size).toBe(2);
    expect((await fetch(lab.balancerUrl)).status).toBe(502);
  });

  it('serves through its balancer what runs on its hosts', async () => {
    const lab = await start();
    await Promise.all([runByHand(lab, 0, 'v1'), runByHand(lab, 1, 'v2')]);
    await until(() => states(lab).every((state) => state === 'healthy'));

    const load = lab.startLoad({ perSecond: 400 });
    await until(() => load.report().sent > 100);
    const report = await load.stop();

    expect(report.failures).toEqual({});
    expect(Object.keys(report.versions).sort()).toEqual(['v1', 'v2']);
    expect(report.versions['v1']! + report.versions['v2']!).toBe(report.sent);
  });

  it('counts what a stop without a drain costs', async () => {
    const lab = await start({ healthCheck: { unhealthyThreshold: 10 } });
    const [first] = await Promise.all([runByHand(lab, 0, 'v1'), runByHand(lab, 1, 'v1')]);
    await until(() => states(lab).every((state) => state === 'healthy'));
    const load = lab.startLoad({ perSecond: 400 });
    await until(() => load.report().sent > 50);

    await first.stop();
    await until(() => load.report().failed > 5);
    const report = await load.stop();

    expect(Object.keys(report.failures)).toEqual(['502']);
  });

  it('stands beside other labs, on the same ports of its own addresses', async () => {
    const [one, other] = [await start(), await start()];

    await Promise.all([runByHand(one, 0, 'v1'), runByHand(other, 0, 'v2')]);
    await until(() => [one, other].every((lab) => states(lab).includes('healthy')));

    const addresses = [...one.hosts, ...other.hosts].map(({ address }) => address);
    expect(new Set(addresses).size).toBe(4);
    expect((await fetch(one.balancerUrl)).headers.get('x-app-version')).toBe('v1');
    expect((await fetch(other.balancerUrl)).headers.get('x-app-version')).toBe('v2');
  });

  it('serves as well where only 127.0.0.1 may be listened on', async () => {
    const lab = await start({ onlyNames: true });

    await Promise.all([runByHand(lab, 0, 'v1'), runByHand(lab, 1, 'v2')]);
    await until(() => states(lab).every((state) => state === 'healthy'));

    expect((await fetch(lab.balancerUrl)).status).toBe(200);
  });

  it('keeps its client key to its owner, and writes a project that names what runs', async () => {
    const lab = await start({ workers: 1 });

    const inventory = readFileSync(join(lab.project, 'inventory/lab.yml'), 'utf8');

    expect(statSync(join(lab.directory, 'id_ed25519')).mode & 0o777).toBe(0o600);
    expect(inventory).toContain(lab.endpoint);
    expect(inventory).toContain(lab.registryAddress);
    expect(lab.workers.map(({ name }) => name)).toEqual(['worker-1']);
  });

  it('ends all that it started: apps, commands, ports, sockets', async () => {
    const lab = await start();
    const container = await runByHand(lab, 0, 'v1');
    const { Pid } = (await container.inspect()).State;
    const load = lab.startLoad();
    await until(() => load.report().sent > 10);

    await lab.stop();

    expect(isRunning(Pid)).toBe(false);
    expect(existsSync(lab.hosts[0]!.dockerSocket)).toBe(false);
    for (const url of [lab.endpoint, lab.balancerUrl, `http://${lab.registryAddress}/v2/`]) {
      await expect(fetch(url)).rejects.toThrow();
    }
    await lab.stop();
  });

  it('leaves nothing behind when it cannot start', async () => {
    const first = await start();
    const port = Number(new URL(first.balancerUrl).port);

    await expect(start({ ports: { balancer: port } })).rejects.toMatchObject({ code: 'lab.port_taken' });

    expect(existsSync(join(directory, '1', 'sockets'))).toBe(false);
  });
});
