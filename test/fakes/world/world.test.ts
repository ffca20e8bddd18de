import { describe, expect, it } from 'vitest';
import type { ContainerSpec, RestartPolicy } from '../../../src/model/container.js';
import { containerName } from '../../../src/model/ids.js';
import { FakeContainerRuntime } from '../fake-container-runtime.js';
import { FakeHostHttp } from '../fake-host-http.js';
import { FakeTraffic } from '../fake-traffic.js';
import type { FakeContainer } from './fake-container.js';
import type { FakeHost } from './fake-host.js';
import { image } from './image-behaviour.js';
import { World } from './world.js';

function worldOfTwo() {
  const world = new World();
  const v1 = world.images.publish('registry/api', 'v1', image.healthy());
  const group = world.addTargetGroup('api-http', { deregistrationDelay: 20_000 });
  const hosts = ['h1', 'h2'].map((id) => {
    const host = world.addHost(id);
    host.runs({ name: 'api', digest: v1.digest, ports: [5060] });
    return { host, registration: world.registered(group, host, 5060) };
  });
  return { world, group, hosts, traffic: new FakeTraffic(world), runtime: new FakeContainerRuntime(world) };
}

const spec = (world: World, tag: string): ContainerSpec => ({
  name: containerName('api-new'),
  image: { repository: 'registry/api', digest: world.images.tagged('registry/api', tag)! },
  ports: [{ hostPort: 5060, containerPort: 5000, protocol: 'tcp' }],
  env: {},
  volumes: [],
  networks: ['bridge'],
  labels: {},
  restart: { name: 'unless-stopped' },
  stopTimeout: 10_000,
  limits: {},
  extraHosts: [],
});

describe('the balancer of a world', () => {
  it('shows a deregistered target as draining until the delay ends, and then as not registered', async () => {
    const { world, group, hosts, traffic } = worldOfTwo();
    const { registration } = hosts[0]!;
    const state = async () => (await traffic.healthOf(group.settings.arn, [registration]))[0];

    await traffic.deregister(group.settings.arn, [registration]);
    await world.clock.advance(19_999);
    expect(await state()).toMatchObject({ state: 'draining' });
    await world.clock.advance(1);
    expect(await state()).toMatchObject({ state: 'unused', reason: 'Target.NotRegistered' });
    expect(await traffic.health(group.settings.arn)).toHaveLength(1);
  });

  it('brings a draining target back when it is registered again, initial first, healthy after one check', async () => {
    const { world, group, hosts, traffic } = worldOfTwo();
    const { registration } = hosts[0]!;
    await traffic.deregister(group.settings.arn, [registration]);
    await traffic.register(group.settings.arn, [registration]);
    expect(group.healthOf(registration).state).toBe('initial');
    await world.clock.advance(25_000);
    expect(group.healthOf(registration).state).toBe('healthy');
  });

  it('may tell what was true some seconds ago, also after it told what came later', async () => {
    const { world, group, hosts, traffic } = worldOfTwo();
    const { registration } = hosts[0]!;
    const state = async () => (await traffic.healthOf(group.settings.arn, [registration]))[0]?.state;
    await world.clock.advance(30_000);
    await traffic.deregister(group.settings.arn, [registration]);
    await world.clock.advance(2_000);
    expect(await state()).toBe('draining');
    world.staleness = () => 3_000;
    expect(await state()).toBe('healthy');
    await world.clock.advance(2_000);
    expect(await state()).toBe('draining');
  });

  it('does nothing when the port is not the registered one', async () => {
    const { group, hosts, traffic } = worldOfTwo();
    const { registration } = hosts[0]!;
    await traffic.deregister(group.settings.arn, [{ ...registration, port: 80 }]);
    expect(group.healthOf(registration).state).toBe('healthy');
  });

  it('finds a target unhealthy whose container exited, and sends requests to all when none is healthy', async () => {
    const { world, group, hosts } = worldOfTwo();
    for (const { host } of hosts) {
      host.named('api')!.restartPolicy = { name: 'no' };
      host.named('api')!.exit(137);
    }
    await world.clock.advance(10_000);
    expect(group.health().map(({ state }) => state)).toEqual(['unhealthy', 'unhealthy']);
    const routes = world.timeline.entries.filter(({ type }) => type === 'routes').at(-1);
    expect(routes).toMatchObject({ targets: [{ serving: false }, { serving: false }] });
  });
});

describe('the engine of a world', () => {
  it('refuses a container whose port is taken, and leaves it created', async () => {
    const { world, hosts, runtime } = worldOfTwo();
    world.images.publish('registry/api', 'v2', image.healthy());
    const engine = runtime.on(hosts[0]!.host.host);
    const { image: pinned } = spec(world, 'v2');
    await world.clock.run(engine.pull(pinned, undefined, () => undefined));
    const id = await engine.create(spec(world, 'v2'), {});
    await expect(engine.start(id)).rejects.toMatchObject({ code: 'docker.api' });
    expect(await engine.inspect(id)).toMatchObject({ running: false });
  });

  it.each([
    [
      'has no room',
      (world: World) => void (firstHost(world).freeBytes = 10),
      image.healthy(),
      'no space left',
    ],
    ['cannot be pulled', () => undefined, image.failsToPull('unexpected EOF'), 'unexpected EOF'],
  ])('fails a pull when it %s', async (_what, prepare, behaviour, message) => {
    const { world, hosts, runtime } = worldOfTwo();
    world.images.publish('registry/api', 'v2', behaviour);
    prepare(world);
    const pull = runtime.on(hosts[0]!.host.host).pull(spec(world, 'v2').image, undefined, () => undefined);
    await expect(world.clock.run(pull)).rejects.toThrow(message);
  });

  it('has another image than asked for after a pull that lied', async () => {
    const { world, hosts, runtime } = worldOfTwo();
    world.images.publish('registry/api', 'v2', image.wrongDigestAfterPull());
    const engine = runtime.on(hosts[0]!.host.host);
    await world.clock.run(engine.pull(spec(world, 'v2').image, undefined, () => undefined));
    expect(await engine.image(spec(world, 'v2').image)).toBeUndefined();
  });

  it('starts a container that ends by itself again and again, as its policy says', async () => {
    const { world, hosts } = worldOfTwo();
    const v2 = world.images.publish('registry/api', 'v2', image.exitsAtOnce());
    const container = hosts[0]!.host.runs({ name: 'other', digest: v2.digest });
    container.stop('world');
    container.start('world');
    await world.clock.advance(2_000);
    expect(container.observed().restartCount).toBeGreaterThan(2);
  });

  it('answers probes as its containers do', async () => {
    const { world, hosts } = worldOfTwo();
    const http = new FakeHostHttp(world);
    const { host } = hosts[0]!;
    const ask = () =>
      http.request(host.host, {
        method: 'GET',
        scheme: 'http',
        address: '127.0.0.1',
        port: 5060,
        path: '/',
        headers: {},
        timeout: 1_000,
      });
    expect(await ask()).toMatchObject({ status: 200 });
    const container = host.named('api')!;
    container.stop('program');
    await expect(ask()).rejects.toMatchObject({ code: 'http.no_answer' });
    container.start('program');
    await world.clock.advance(300);
    expect(await ask()).toMatchObject({ status: 503 });
    host.lose();
    await expect(ask()).rejects.toMatchObject({ code: 'ssh.unreachable' });
  });
});

function firstHost(world: World) {
  return [...world.hosts.values()][0]!;
}

describe('a container of a world', () => {
  const policies: Readonly<Record<string, RestartPolicy>> = {
    no: { name: 'no' },
    always: { name: 'always' },
    'unless-stopped': { name: 'unless-stopped' },
    'on-failure': { name: 'on-failure', maximumRetries: 0 },
    'on-failure:1': { name: 'on-failure', maximumRetries: 1 },
  };
  const minute = 60_000;
  const ways: Readonly<Record<string, (host: FakeHost, container: FakeContainer) => void>> = {
    'it ends with 0': (_host, container) => container.exit(0),
    'it crashes': (_host, container) => container.exit(139),
    'a person stops it': (_host, container) => container.stop('operator'),
    'its Engine is restarted': (host) => host.restartEngine(5_000, 'terminated'),
    'its Engine is killed': (host) => host.restartEngine(5_000, 'killed'),
    'its Engine is restarted after a person stopped it': (host, container) => {
      container.stop('operator');
      host.restartEngine(5_000, 'terminated');
    },
    'its host is shut down and started': (host) => host.reboot(5_000, 'terminated'),
    'its host loses its power': (host) => host.reboot(5_000, 'killed'),
  };

  it.each([
    ['it ends with 0', ['always', 'unless-stopped']],
    ['it crashes', ['always', 'unless-stopped', 'on-failure', 'on-failure:1']],
    ['a person stops it', []],
    ['its Engine is restarted', ['always', 'unless-stopped']],
    ['its Engine is killed', []],
    ['its Engine is restarted after a person stopped it', ['always']],
    ['its host is shut down and started', ['always', 'unless-stopped']],
    ['its host loses its power', ['always', 'unless-stopped', 'on-failure', 'on-failure:1']],
  ])('runs again, when %s, with the policies %j', async (way, expected) => {
    const running = await Promise.all(
      Object.entries(policies).map(async ([name, restartPolicy]) => {
        const world = new World();
        const host = world.addHost('h1');
        const container = host.runs({ name: 'api', restartPolicy });
        ways[way]?.(host, container);
        await world.clock.advance(minute);
        return container.running ? [name] : [];
      }),
    );
    expect(running.flat()).toEqual(expected);
  });

  it('is given up after as many restarts as its policy says, and counts from 0 when it is started again', async () => {
    const world = new World();
    const crashes = world.images.publish('registry/api', 'bad', image.exitsAtOnce());
    const host = world.addHost('h1');
    const restartPolicy = policies['on-failure:1']!;
    const container = host.runs({ name: 'api', digest: crashes.digest, restartPolicy, running: false });
    for (const by of ['operator', 'world'] as const) {
      container.start(by);
      await world.clock.advance(minute);
      expect({ running: container.running, restarts: container.restartCount }).toEqual({
        running: false,
        restarts: 1,
      });
    }
  });
});
