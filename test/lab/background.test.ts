import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import Docker from 'dockerode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  commandsToTry,
  findInBackground,
  startInBackground,
  stopInBackground,
} from '../../src/lab/background.js';
import { labAccount, labRegion } from '../../src/lab/cloud-services.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { isRunning } from '../stages/processes.js';
import { until } from '../stages/until.js';

/** The process is started from its sources here: Node takes the types out, and must find `x.ts` where `x.js` is imported. */
const resolveSources = `
import { registerHooks } from 'node:module';
registerHooks({ resolve(specifier, context, next) {
  try { return next(specifier, context); }
  catch (error) {
    if (!specifier.endsWith('.js')) throw error;
    return next(specifier.replace(/js$/, 'ts'), context);
  }
} });`;
const nodeOptions = [
  '--disable-warning=ExperimentalWarning',
  '--experimental-transform-types',
  '--import',
  `data:text/javascript,${encodeURIComponent(resolveSources)}`,
];
const ports = { aws: 0, balancer: 0, registry: 0 };

let directory: string;

beforeEach(() => {
  directory = temporaryFolder('lab-background');
});

afterEach(() => stopInBackground(directory).catch(() => undefined));

const start = () => startInBackground({ directory, hosts: 1, workers: 1, ports, nodeOptions });

describe('a lab in the background', () => {
  it('answers until it is stopped, and leaves no process and no state behind', async () => {
    const lab = await start();
    const sts = new STSClient({
      endpoint: lab.endpoint,
      region: labRegion,
      credentials: { accessKeyId: 'lab', secretAccessKey: 'lab' },
    });
    const app = await startApp();

    expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe(labAccount);
    expect(lab.hosts.map(({ name }) => name)).toEqual(['api-1', 'worker-1']);
    expect(isRunning(lab.pid)).toBe(true);
    expect(commandsToTry(lab)).toContain('adfpush deploy --group api --env lab --version v1');

    await stopInBackground(directory);

    expect(isRunning(lab.pid)).toBe(false);
    await until(() => !isRunning(app));
    expect(existsSync(join(directory, 'state.json'))).toBe(false);
    expect(await findInBackground(directory)).toBeUndefined();
    await expect(fetch(lab.endpoint)).rejects.toThrow();
  });

  it('takes its apps along when it is killed, and does not stand in the way of the next', async () => {
    const lab = await start();
    const app = await startApp();

    process.kill(lab.pid, 'SIGKILL');

    await until(() => !isRunning(app));
    await expect(stopInBackground(directory)).rejects.toMatchObject({ code: 'lab.not_running' });
    const next = await start();
    expect(next.pid).not.toBe(lab.pid);
  });

  it('is not started twice in one folder', async () => {
    const { pid } = await start();

    await expect(start()).rejects.toMatchObject({
      code: 'lab.already_running',
      message: expect.stringContaining(String(pid)) as unknown,
    });
  });

  it('names the port that is taken, and leaves nothing running', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };

    await expect(
      startInBackground({ directory, ports: { ...ports, aws: port }, nodeOptions }),
    ).rejects.toMatchObject({
      code: 'lab.port_taken',
      class: 'refused',
      message: expect.stringContaining(`127.0.0.1:${port}`) as unknown,
    });

    expect(await findInBackground(directory)).toBeUndefined();
    other.close();
  });

  it('is not there to be stopped when there is none', async () => {
    await expect(stopInBackground(directory)).rejects.toMatchObject({ code: 'lab.not_running' });
  });
});

/** Runs v1 on the one host of the lab. Gives the app's process id. */
async function startApp(): Promise<number> {
  const { registryAddress, hosts } = (await findInBackground(directory))!;
  const docker = new Docker({ socketPath: hosts[0]!.dockerSocket });
  const image = `${registryAddress}/shop/api:v1`;
  const pull = await docker.pull(image);
  await new Promise((resolve) => pull.resume().on('end', resolve));
  const container = await docker.createContainer({ Image: image, name: 'api' });
  await container.start();
  return (await container.inspect()).State.Pid;
}
