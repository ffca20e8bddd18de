import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../src/lab/hosts/host.js';
import { startLab, type Lab } from '../../src/lab/lab.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { until } from '../stages/until.js';

let directory: string;
let lab: Lab;
let host: LabHost;
let docker: Docker;

beforeAll(async () => {
  directory = temporaryFolder('lab-engine');
  lab = await startLab({ directory, hosts: 1, versions: { v1: 'healthy', v4: 'exits', deaf: 'stubborn' } });
  host = lab.hosts[0]!;
  docker = new Docker({ socketPath: host.dockerSocket });
});

afterEach(async () => {
  for (const { Id } of await docker.listContainers({ all: true })) {
    await docker.getContainer(Id).remove({ force: true });
  }
  host.emptyDisk();
});

afterAll(() => lab.stop());

const reference = (version: string) => `${lab.registryAddress}/shop/api:${version}`;

async function pull(image: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const stream = await docker.pull(image);
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error) => (error === null ? resolve() : reject(error)),
      (line: Record<string, unknown>) => lines.push(line),
    );
  });
  const failed = lines.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(String(failed['error']));
  return lines;
}

async function create(name: string, version = 'v1', host: Docker.HostConfig = {}) {
  await pull(reference(version));
  return docker.createContainer({ name, Image: reference(version), HostConfig: host });
}

const published = (port: number): Docker.HostConfig => ({
  PortBindings: { '5000/tcp': [{ HostPort: String(port) }] },
});

/** As a value that may stand for a text in a pattern. */
const containing = (part: string): unknown => expect.stringContaining(part);

/** `fetch` refuses to speak to 5060, the port of SIP. */
const answer = async (path = '/', port = 5065): Promise<unknown> => {
  const { address, port: real } = host.locate(port);
  return (await fetch(`http://${address}:${real}${path}`)).json();
};

describe('images', () => {
  it('pulls by digest with the progress of every layer, and then knows the image by that digest', async () => {
    const digest = lab.registry.digest('shop/api', 'v1');
    const image = `${lab.registryAddress}/shop/api@${digest}`;

    const lines = await pull(image);
    const inspected = await docker.getImage(image).inspect();

    const statuses = lines.map(({ status }) => status);
    expect(statuses).toContain(`Digest: ${digest}`);
    expect(statuses.filter((status) => status === 'Pull complete')).toHaveLength(2);
    const sizes = lines
      .filter(({ status }) => status === 'Downloading')
      .map((line) => line['progressDetail']);
    expect(sizes.length).toBeGreaterThan(2);
    expect(inspected.RepoDigests).toContain(image);
    expect(inspected.Architecture).toBe(host.engine.architecture);
    expect((await docker.listImages()).map(({ Id }) => Id)).toContain(inspected.Id);
  });

  it('shares layers, and says so', async () => {
    await pull(reference('v1'));

    const lines = await pull(reference('v4'));

    expect(lines.filter(({ status }) => status === 'Already exists')).toHaveLength(1);
    expect((await pull(reference('v4'))).at(-1)?.['status']).toMatch('Image is up to date');
  });

  it('refuses a version that does not exist, and a registry that does not answer', async () => {
    await expect(pull(reference('v9'))).rejects.toMatchObject({
      statusCode: 404,
      message: containing('manifest unknown'),
    });
    await expect(pull('127.0.0.1:1/shop/api:v1')).rejects.toMatchObject({ statusCode: 500 });
  });

  it('fails in the middle of the stream when the disk is full', async () => {
    lab.publish('big', 'healthy');
    host.fillDisk();

    await expect(pull(reference('big'))).rejects.toThrow('no space left on device');
  });

  it('demands the registry login that the registry demands', async () => {
    lab.registry.login = { username: 'lab', password: 'secret' };
    lab.publish('private', 'healthy');

    await expect(pull(reference('private'))).rejects.toThrow('no basic auth credentials');
    const authconfig = { username: 'lab', password: 'secret', serveraddress: lab.registryAddress };
    const stream = await docker.pull(reference('private'), { authconfig });
    await finished(stream.resume());
    lab.registry.login = undefined;

    expect((await docker.getImage(reference('private')).inspect()).RepoTags).toEqual([reference('private')]);
  });

  it('does not delete an image in use', async () => {
    const container = await create('api');
    await container.start();

    await expect(docker.getImage(reference('v1')).remove()).rejects.toMatchObject({ statusCode: 409 });
    await container.remove({ force: true });
    await docker.getImage(reference('v1')).remove();

    await expect(docker.getImage(reference('v1')).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('containers', () => {
  it('run the app as a process, on the published port of the host, with image and container environment', async () => {
    await pull(reference('v1'));
    const container = await docker.createContainer({
      name: 'api',
      Image: reference('v1'),
      Env: ['APP_ENV=lab'],
      Labels: { 'adfpush.group': 'api' },
      HostConfig: { ...published(5065), RestartPolicy: { Name: 'always' } },
    });

    await container.start();
    const said = await until(() => answer().catch(() => undefined));
    const { State, Name, Config, HostConfig, NetworkSettings } = await container.inspect();

    expect(said).toMatchObject({ version: 'v1', environment: 'lab' });
    expect(State).toMatchObject({ Running: true, Status: 'running', ExitCode: 0 });
    expect(process.kill(State.Pid, 0)).toBe(true);
    expect(Name).toBe('/api');
    expect(Config.Labels).toMatchObject({ 'adfpush.group': 'api' });
    expect(HostConfig.RestartPolicy).toEqual({ Name: 'always', MaximumRetryCount: 0 });
    expect(NetworkSettings.Ports['5000/tcp']).toEqual([{ HostIp: '0.0.0.0', HostPort: '5065' }]);
  });

  it('start and stop once: a second time is no change', async () => {
    const container = await create('api');

    await container.start();
    await expect(container.start()).rejects.toMatchObject({ statusCode: 304 });
    await container.stop();
    await expect(container.stop()).rejects.toMatchObject({ statusCode: 304 });

    expect((await container.inspect()).State).toMatchObject({ Status: 'exited', Running: false, Pid: 0 });
  });

  it('finish the request under way when stopped, and exit with 0', async () => {
    const container = await create('api', 'v1', published(5065));
    await container.start();
    await until(() => answer().catch(() => undefined));

    const slow = answer('/?wait=300');
    await until(async () => (await answer()) !== undefined);
    await container.stop({ t: 5 });

    expect(await slow).toMatchObject({ version: 'v1' });
    expect((await container.inspect()).State.ExitCode).toBe(0);
  });

  it('are killed when they ignore SIGTERM for longer than the timeout', async () => {
    const container = await create('api', 'deaf', published(5065));
    await container.start();
    await until(() => answer().catch(() => undefined));

    await container.stop({ t: 0.2 } as Docker.ContainerStopOptions);

    expect((await container.inspect()).State.ExitCode).toBe(137);
  });

  it('have names of their own', async () => {
    const first = await create('api');

    await expect(create('api')).rejects.toMatchObject({
      statusCode: 409,
      message: containing(`The container name "/api" is already in use by container "${first.id}"`),
    });
    await first.rename({ name: 'api-before' });
    await create('api');

    const names = (await docker.listContainers({ all: true })).flatMap(({ Names }) => Names);
    expect(names.sort()).toEqual(['/api', '/api-before']);
    expect(await docker.listContainers({ all: true, filters: { name: ['^/api$'] } })).toHaveLength(1);
  });

  it('have published ports of their own, and stay as they were when they cannot have one', async () => {
    const [first, second] = [
      await create('one', 'v1', published(5065)),
      await create('two', 'v1', published(5065)),
    ];
    await first.start();

    await expect(second.start()).rejects.toMatchObject({
      statusCode: 500,
      message: containing('Bind for 0.0.0.0:5065 failed: port is already allocated'),
    });
    expect((await second.inspect()).State).toMatchObject({ Running: false, Status: 'created' });
    await first.stop();
    await second.start();

    expect((await second.inspect()).State.Running).toBe(true);
  });

  it('cannot have the port of a program outside of Docker', async () => {
    const foreign = createServer();
    await new Promise<void>((resolve) => foreign.listen(5070, host.address, resolve));

    const container = await create('api', 'v1', published(5070));

    await expect(container.start()).rejects.toThrow('address already in use');
    foreign.close();
  });

  it('crash and come back while their policy says so, each time counted', async () => {
    const container = await create('api', 'v4', { RestartPolicy: { Name: 'always' } });

    await container.start();
    await until(async () => (await container.inspect()).RestartCount >= 2);
    const looping = (await container.inspect()).State;
    await container.stop();
    const stopped = await container.inspect();

    expect(looping.Running).toBe(true);
    expect(stopped.State).toMatchObject({ Status: 'exited', Restarting: false });
    expect((await container.inspect()).RestartCount).toBe(stopped.RestartCount);
  });

  it('come back after a crash of their process, and not once the policy was changed to no', async () => {
    const container = await create('api', 'v1', { RestartPolicy: { Name: 'always' } });
    await container.start();
    const { Pid } = (await container.inspect()).State;

    host.crash('api');
    await until(async () => {
      const { State } = await container.inspect();
      return State.Status === 'running' && State.Pid !== Pid;
    });
    await container.update({ RestartPolicy: { Name: 'no' } });
    host.crash('api');
    await until(async () => (await container.inspect()).State.Status === 'exited');

    expect((await container.inspect()).RestartCount).toBe(1);
  });

  it('come back after a restart of dockerd by their policy', async () => {
    const kept = await create('kept', 'v1', { RestartPolicy: { Name: 'no' } });
    const stopped = await create('stopped', 'v1', { RestartPolicy: { Name: 'always' } });
    for (const container of [kept, stopped]) await container.start();
    await stopped.stop();

    await host.restartDocker();

    expect((await kept.inspect()).State.Running).toBe(false);
    expect((await stopped.inspect()).State.Running).toBe(true);
  });

  it('keep their logs, and tell how they ended', async () => {
    const container = await create('api', 'v4');
    await container.start();

    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    const logs = await container.logs({ stdout: true, stderr: true, tail: 1, follow: false });
    const [out, err] = [new PassThrough(), new PassThrough()];
    const stream = await container.logs({ stdout: true, stderr: true, follow: true });
    docker.modem.demuxStream(stream, out, err);
    stream.on('end', () => err.end());

    expect(StatusCode).toBe(1);
    expect(logs.toString()).toContain('no database is configured');
    expect(await text(err)).toContain('no database is configured');
  });

  it('are not removed while they run, unless forced', async () => {
    const container = await create('api');
    await container.start();

    await expect(container.remove()).rejects.toMatchObject({ statusCode: 409 });
    await container.remove({ force: true });

    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  it('sit on networks that exist', async () => {
    const container = await create('api');
    const network = await docker.createNetwork({ Name: 'shop' });

    await expect(docker.createNetwork({ Name: 'shop' })).rejects.toMatchObject({ statusCode: 409 });
    await network.connect({ Container: container.id });

    expect(Object.keys((await container.inspect()).NetworkSettings.Networks)).toEqual(['bridge', 'shop']);
    await network.remove();
  });
});

describe('the engine', () => {
  it('tells what it is', async () => {
    expect(String(await docker.ping())).toBe('OK');
    expect(await docker.version()).toMatchObject({ Os: 'linux', Arch: host.engine.architecture });
    expect(await docker.info()).toMatchObject({ OSType: 'linux', Name: 'api-1' });
  });

  it('refuses a mount whose source is missing, and makes nothing of it', async () => {
    const Source = join(directory, 'missing');
    const mount: Docker.MountSettings = { Type: 'bind', Source, Target: '/x' };
    await expect(create('api', 'v1', { Mounts: [mount] })).rejects.toMatchObject({
      statusCode: 400,
      message: containing(`bind source path does not exist: ${Source}`),
    });
    expect(existsSync(Source)).toBe(false);
    const there = { ...mount, Source: directory };
    const { HostConfig } = await (await create('api', 'v1', { Mounts: [there] })).inspect();
    expect(HostConfig.Mounts).toEqual([there]);
  });

  it('refuses what it does not know', async () => {
    await expect(docker.getContainer('nobody').inspect()).rejects.toMatchObject({
      statusCode: 404,
      message: containing('No such container: nobody'),
    });
    await expect(docker.createContainer({ Image: 'nothing:v1' })).rejects.toMatchObject({ statusCode: 404 });
    await expect(docker.listContainers({ filters: { colour: ['red'] } })).rejects.toThrow('invalid filter');
  });
});
