import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EngineRuntime } from '../../src/docker/engine-runtime.js';
import { LabRegistry } from '../../src/lab/registry/registry.js';
import { label, type ContainerSpec } from '../../src/model/container.js';
import { containerId, containerName, isDigest, type Digest } from '../../src/model/ids.js';
import { Secret } from '../../src/model/secret.js';
import type { HostContainers, PullProgress } from '../../src/ports/container-runtime.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { describeUnless } from '../describe-unless.js';
import { findEngine, type Engine } from '../fleet/engine/engine.js';
import { describeWithSshd, freePort, Sshd, until } from '../stages/sshd.js';
import { systemClock } from '../stages/system-clock.js';
import { heldOn } from '../stages/held-on.js';
import { shellImage } from './shell-image.js';
import { containing, matching } from '../stages/matching.js';

const found = await findEngine();
const missing = 'reason' in found ? found.reason : undefined;

describeUnless(missing, 'a real Docker Engine', () => {
  describeWithSshd('over SSH', () => {
    const engine = found as Engine;
    const network = `adfpush-test-${process.pid}`;
    const registry = new LabRegistry();
    let sshd: Sshd;
    let transport: SshTransport;
    let containers: HostContainers;
    let v1: Digest;
    let v2: Digest;
    const credentials = { server: '', username: 'deployer', password: new Secret('s3cret+/?') };

    beforeAll(async () => {
      await registry.listen({ address: '127.0.0.1', port: 0 });
      registry.login = { username: 'deployer', password: 's3cret+/?' };
      v1 = digest(registry.push('shop/api', 'v1', shellImage('v1')));
      v2 = digest(registry.push('shop/api', 'v2', shellImage('v2')));
      sshd = await Sshd.start({ environment: { DOCKER_HOST: engine.address } });
      transport = sshd.transport();
      containers = new EngineRuntime(transport, systemClock).on(host());
      await containers.ensureNetwork(network);
    });
    afterEach(async () => {
      for (const { id, networks } of await containers.list())
        if (networks.includes(network)) await containers.remove(id);
    });
    afterAll(async () => {
      for (const { id, repoDigests } of await containers.images()) {
        if (repoDigests.some((reference) => reference.startsWith(registry.address)))
          await containers.removeImage(id);
      }
      await engine.docker.getNetwork(network).remove();
      await transport.close();
      await sshd.stop();
      await registry.stop();
      await engine.stop();
    });

    /** Whose Engine DOCKER_HOST says: it is followed only where the settings ask for it. */
    const host = () => sshd.host({}, { docker: { followContext: true } });
    const imageOf = (of: Digest) => ({ repository: `${registry.address}/shop/api`, digest: of });
    const pull = (
      of: Digest,
      onProgress: (progress: PullProgress) => void = () => undefined,
    ): Promise<void> =>
      containers.pull(imageOf(of), { ...credentials, server: registry.address }, onProgress);
    const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
      name: containerName(`api-${process.pid}`),
      image: imageOf(v1),
      ports: [],
      env: {},
      volumes: [],
      networks: [network],
      labels: {},
      restart: { name: 'unless-stopped' },
      stopTimeout: 1_000,
      limits: {},
      extraHosts: [],
      ...more,
    });

    test('keeps holds for every client, until they are forgotten', async () => {
      const held = heldOn(host());
      const { holds } = new EngineRuntime(transport, systemClock);
      await holds.on(host()).keep(held);
      await holds.on(host()).keep(held);
      const elsewhere = new EngineRuntime(transport, systemClock).holds.on(host());
      expect(await elsewhere.list()).toContainEqual(held);
      await elsewhere.forget(held.run, held.hold.id);
      await elsewhere.forget(held.run, held.hold.id);
      expect(await elsewhere.list()).not.toContainEqual(held);
    });

    test('tells what it is and how much room it has', async () => {
      const info = await containers.info();

      expect(info).toMatchObject({
        os: 'linux',
        architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      });
      expect(info.freeBytes).toBeGreaterThan(1_000_000);
    });

    test('pulls exactly a digest with credentials, tells its progress, and refuses without them', async () => {
      const progress: PullProgress[] = [];
      await pull(v1, (seen) => progress.push(seen));

      expect(progress.at(-1)).toMatchObject({ layers: 1, layersDone: 1 });
      expect(await containers.image(imageOf(v1))).toMatchObject({
        repoDigests: [`${registry.address}/shop/api@${v1}`],
        labels: { version: 'v1' },
        os: 'linux',
      });
      await expect(containers.pull(imageOf(v2), undefined, () => undefined)).rejects.toMatchObject({
        code: 'docker.pull',
        hint: containing('credentials'),
      });
      expect(await containers.image(imageOf(v2))).toBeUndefined();
      const unknown = digest(`sha256:${'0'.repeat(64)}`);
      await expect(pull(unknown)).rejects.toMatchObject({
        code: 'docker.pull',
        message: containing(unknown),
      });
    });

    test('never makes up the source of a mount, unless that is asked for', async () => {
      await pull(v1);
      const missing = join(tmpdir(), `adfpush-missing-${process.pid}`);
      const made = join(tmpdir(), `adfpush-made-${process.pid}`);
      await expect(containers.create(spec({ volumes: [`${missing}:/x:ro`] }), {})).rejects.toMatchObject({
        code: 'docker.api',
        message: containing(missing),
      });
      expect(await containers.sources([missing])).toEqual(['missing']);

      const id = await containers.create(spec({ volumes: [`${made}:/x:create`] }), {
        [label.creates]: JSON.stringify([made]),
      });
      await containers.start(id);
      expect(await containers.sources([made])).toEqual(['folder']);
      expect(await containers.inspect(id)).not.toHaveProperty('bindSources');
      await containers.remove(id);
      rmSync(made, { recursive: true });
    });

    test('takes a container through its whole life', async () => {
      await pull(v1);
      const port = await freePort();
      const wanted = spec({
        ports: [{ hostAddress: '127.0.0.1', hostPort: port, containerPort: 5000, protocol: 'tcp' }],
        env: { GREETING: 'hällo' },
        command: ['/bin/sh', '-c', 'echo $GREETING; echo $VERSION >&2; exec /bin/sleep 1000'],
        logging: { driver: 'json-file', options: {} },
        stopTimeout: 300,
      });

      const id = await containers.create(wanted, { [label.digest]: v1, [label.container]: wanted.name });
      expect(await containers.inspect(id)).toMatchObject({
        running: false,
        ports: wanted.ports,
        restartPolicy: wanted.restart,
      });
      await containers.start(id);
      await containers.start(id);
      const running = await containers.inspect(wanted.name);
      expect(running).toMatchObject({
        id,
        name: wanted.name,
        running: true,
        digest: v1,
        ports: wanted.ports,
        networks: [network],
        restartCount: 0,
      });
      expect(running).not.toHaveProperty('managedBy');
      await until(
        'it wrote both lines',
        async () => (await containers.logs(id, 10)).split('\n').length === 3,
      );
      expect((await containers.logs(id, 10)).split('\n').sort()).toEqual(['', 'hällo', 'v1']);

      await containers.setRestartPolicy(id, { name: 'no' });
      await containers.stop(id, 300);
      await containers.stop(id, 300);
      const aside = containerName(`${wanted.name}-old`);
      await containers.rename(id, aside);
      expect(await containers.inspect(wanted.name)).toBeUndefined();
      expect(await containers.inspect(aside)).toMatchObject({
        running: false,
        exitCode: 137,
        restartPolicy: { name: 'no' },
        ports: wanted.ports,
      });
      expect((await containers.list()).map((one) => one.id)).toContain(id);

      expect(await containers.removeImage((await containers.image(imageOf(v1)))!.id)).toBe(false);
      await containers.remove(id);
      await containers.remove(id);
      expect(await containers.inspect(id)).toBeUndefined();
    });

    test('finds a container in its network under the name it was specified with', async () => {
      await pull(v1);
      const id = await containers.create(spec(), {});

      const inspected = await engine.docker.getContainer(id).inspect();

      expect(inspected.NetworkSettings.Networks[network]?.Aliases).toContain(spec().name);
    });

    test('quotes the Engine when a name or a port is taken', async () => {
      await pull(v1);
      const port = await freePort();
      const ports = [
        { hostAddress: '127.0.0.1', hostPort: port, containerPort: 5000, protocol: 'tcp' as const },
      ];
      await containers.start(await containers.create(spec({ ports }), {}));

      await expect(containers.create(spec(), {})).rejects.toMatchObject({
        code: 'docker.api',
        message: matching(/409.*already in use/),
      });
      const other = await containers.create(spec({ name: containerName(`other-${process.pid}`), ports }), {});
      await expect(containers.start(other)).rejects.toMatchObject({
        code: 'docker.api',
        message: matching(new RegExp(`${port}.*(already|in use)`)),
      });
      await expect(containers.start(containerId('f'.repeat(64)))).rejects.toMatchObject({
        message: containing('404'),
      });
    });

    test('sees who else looks after a container', async () => {
      await pull(v1);
      const reference = `${registry.address}/shop/api@${v1}`;
      const foreign = (name: string, more: object): Promise<unknown> =>
        engine.docker.createContainer({ name: `${name}-${process.pid}`, Image: reference, ...more });
      const HostConfig = { NetworkMode: network };
      await foreign('fleeting', { HostConfig: { ...HostConfig, AutoRemove: true } });
      await foreign('composed', { HostConfig, Labels: { 'com.docker.compose.project': 'shop' } });
      await foreign('loose', { HostConfig });

      const all = new Map((await containers.list()).map((one) => [String(one.name), one.managedBy]));

      expect(all.get(`fleeting-${process.pid}`)).toBe('auto-remove');
      expect(all.get(`composed-${process.pid}`)).toBe('compose');
      expect(all.get(`loose-${process.pid}`)).toBeUndefined();
    });

    test('removes an image that is not used, also when it is known in several repositories', async () => {
      await pull(v2);
      const image = (await containers.image(imageOf(v2)))!;
      await engine.docker.getImage(image.id).tag({ repo: `elsewhere-${process.pid}`, tag: 'v2' });
      const user = await containers.create(spec({ image: imageOf(v2) }), {});

      expect(image.variables).toEqual(['VERSION']);
      expect(await containers.removeImage(image.id)).toBe(false);
      expect((await containers.image(imageOf(v2)))?.repoTags).toEqual([`elsewhere-${process.pid}:v2`]);
      await containers.remove(user);
      expect(await containers.removeImage(image.id)).toBe(true);
      expect(await containers.image(imageOf(v2))).toBeUndefined();
      expect(await containers.removeImage(image.id)).toBe(false);
    });

    test('is spoken to again after the connection was lost, and through its socket', async () => {
      await containers.list();
      sshd.killSessions();

      await until('the loss is known', async () =>
        containers.list().then(
          () => true,
          () => false,
        ),
      );
      const socket = new URL(engine.address).pathname;
      const bySocket = new EngineRuntime(transport, systemClock).on(sshd.host({}, { docker: { socket } }));

      expect((await bySocket.info()).version).toBe((await containers.info()).version);
    });

    test('runs a command in a container once, with its input, streams and exit code', async () => {
      await pull(v1);
      const id = await containers.create(spec(), {});
      await containers.start(id);
      const { objects } = containers;
      const script = 'echo "$GREETING"; cat; echo wrong >&2; exit 7';
      const command = { argv: ['/bin/sh', '-c', script], env: { GREETING: 'hällo' }, hasStdin: true };

      const exec = await objects.prepareExec(id, command);
      expect(await objects.exec(exec)).toEqual({ state: 'prepared' });
      expect(await objects.startExec(exec, 'in\n')).toEqual({ stdout: 'hällo\nin\n', stderr: 'wrong\n' });
      expect(await objects.exec(exec)).toEqual({ state: 'ended', code: 7 });
      await expect(objects.startExec(exec, 'in\n')).rejects.toMatchObject({
        code: 'docker.api',
        status: 409,
      });

      const quiet = await objects.prepareExec(id, {
        argv: ['/bin/sh', '-c', 'echo $VERSION'],
        hasStdin: false,
      });
      expect(await objects.startExec(quiet, undefined)).toEqual({ stdout: 'v1\n', stderr: '' });
      expect(await objects.exec('f'.repeat(64))).toBeUndefined();
      await until('it has printed', async () => (await objects.output(id, {})).stdout !== '');
      expect(await objects.output(id, { tail: 1 })).toEqual({ stdout: 'started\n', stderr: '' });
      await expect(objects.output('no-such', {})).rejects.toMatchObject({ status: 404 });
    });

    test('makes and removes volumes and networks, and says who uses them', async () => {
      await pull(v1);
      const { objects } = containers;
      const name = `adfpush-test-data-${process.pid}`;
      const volume = { name, driver: 'local', options: {}, labels: { tier: 'db' } };
      await objects.createVolume(volume);
      await objects.createVolume(volume);
      expect(await objects.volume(name)).toMatchObject(volume);
      const id = await containers.create(spec({ volumes: [`${name}:/data`] }), {});
      expect(await objects.usersOf('volume', name)).toEqual([spec().name]);
      expect(await objects.usersOf('network', network)).toEqual([spec().name]);
      await expect(objects.removeVolume(name)).rejects.toMatchObject({ status: 409 });
      await containers.remove(id);
      await objects.removeVolume(name);
      await objects.removeVolume(name);
      expect(await objects.volume(name)).toBeUndefined();

      const wanted = {
        name,
        driver: 'bridge',
        options: {},
        labels: { a: 'b' },
        internal: true,
        attachable: false,
      };
      await objects.createNetwork({ ...wanted, ipv6: false, subnets: [{ subnet: '10.86.250.0/24' }] });
      const made = await objects.network(name);
      expect(made).toMatchObject({ ...wanted, subnets: [{ subnet: '10.86.250.0/24' }] });
      expect(await objects.network(made?.id.slice(0, 12) ?? '')).toBeUndefined();
      await objects.removeNetwork(name);
      await objects.removeNetwork(name);
      expect(await objects.network(name)).toBeUndefined();
    });

    test('shows credentials to their registry, and keeps none', async () => {
      const { objects } = containers;
      const login = { ...credentials, server: registry.address };
      await objects.verifyLogin(login);
      await expect(
        objects.verifyLogin({ ...login, password: new Secret('wrong-password') }),
      ).rejects.toMatchObject({ code: 'docker.api' });
      await expect(containers.pull(imageOf(v2), undefined, () => undefined)).rejects.toMatchObject({
        code: 'docker.pull',
      });
    });

    test('many requests at once are no more than a connection bears', async () => {
      const all = await Promise.all(Array.from({ length: 60 }, () => containers.list()));
      const connection = await transport.connect(host());

      expect(all).toHaveLength(60);
      expect(await connection.run({ argv: ['true'] })).toMatchObject({
        outcome: { kind: 'exited', code: 0 },
      });
    });
  });
});

function digest(text: string): Digest {
  if (!isDigest(text)) throw new Error(`${text} is no digest`);
  return text;
}
