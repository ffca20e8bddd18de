import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineRuntime } from '../../src/docker/engine-runtime.js';
import { blipSourceOf } from '../../src/errors/blip.js';
import { commandEnded } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import { containerId, containerName } from '../../src/model/ids.js';
import { Secret } from '../../src/model/secret.js';
import { LocalTransport } from '../../src/transport/local-connection.js';
import { digestOf } from '../fakes/digest-of.js';
import { makeHost } from '../fakes/make-host.js';
import { systemClock } from '../stages/system-clock.js';
import { FakeEngine } from './fake-engine.js';
import { containing, matching } from '../stages/matching.js';

let engine: FakeEngine;
beforeEach(() => {
  engine = new FakeEngine();
});
afterEach(() => engine.stop());

const image = { repository: 'registry:5000/shop/api', digest: digestOf('v2') };

describe('the version of the API', () => {
  test.each([
    ['1.41', '/v1.41/'],
    ['1.44', '/v1.44/'],
    ['1.99', '/v1.51/'],
  ])('an Engine that speaks up to %s is asked under %s', async (newest, prefix) => {
    await engine.start(newest);
    engine.json('GET /containers/json', []);

    await engine.containers.list();

    expect(engine.asked.at(-1)?.path).toBe(`${prefix}containers/json`);
  });

  test('is asked for once', async () => {
    await engine.start();
    engine.json('GET /containers/json', []);
    const { containers } = engine;

    await Promise.all([containers.list(), containers.list(), containers.list()]);

    expect(engine.asked.filter(({ path }) => path === '/version')).toHaveLength(1);
  });

  test('is each host’s own, so that old and new Engines can be in one run', async () => {
    const another = new FakeEngine();
    await engine.start('1.41');
    await another.start('1.52', { MinAPIVersion: '1.44', Version: '29.0.1' });
    for (const one of [engine, another]) one.json('GET /containers/json', []);
    const runtime = new EngineRuntime(new LocalTransport(systemClock), systemClock);
    const hosts = [engine, another].map(({ socket }, index) =>
      makeHost(`api-${index}`, { docker: { socket } }),
    );

    await Promise.all(hosts.map((host) => runtime.on(host).list()));

    expect([engine, another].map(({ asked }) => asked.at(-1)?.path)).toEqual([
      '/v1.41/containers/json',
      '/v1.51/containers/json',
    ]);
    await another.stop();
  });

  test('is asked for again on a new connection: the Engine may be another since', async () => {
    await engine.start('1.41');
    engine.json('GET /containers/json', []);
    const { containers } = engine;
    await containers.list();

    engine.hangUp();
    engine.becomes('1.52', { MinAPIVersion: '1.44', Version: '29.0.1' });
    await containers.list();

    expect(engine.asked.map(({ path }) => path)).toEqual([
      '/version',
      '/v1.41/containers/json',
      '/version',
      '/v1.51/containers/json',
    ]);
  });

  test.each([
    ['client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client'],
    ['client version 1.51 is too new. Maximum supported API version is 1.41'],
  ])('that the Engine refuses is asked for again, and the change is made once: %s', async (message) => {
    await engine.start('1.42');
    engine.on('POST /containers/abc/start', ({ path }, response) => {
      if (path.startsWith('/v1.44/')) response.writeHead(204).end();
      else response.writeHead(400).end(JSON.stringify({ message }));
      engine.becomes('1.44');
    });

    await engine.containers.start(containerId('abc'));

    expect(engine.lines).toEqual(['POST /v1.42/containers/abc/start', 'POST /v1.44/containers/abc/start']);
  });

  test.each([
    [
      '1.40',
      { Version: '19.03.15' },
      {
        code: 'docker.engine_too_old',
        message: matching(/api-1.*19\.03\.15.*1\.40.*1\.41/),
        hint: containing('20.10'),
      },
    ],
    [
      '1.60',
      { MinAPIVersion: '1.52', Version: '31.0.0' },
      {
        code: 'docker.engine_too_new',
        message: matching(/api-1.*31\.0\.0.*1\.52.*1\.51/),
        hint: containing('newer adfpush'),
      },
    ],
  ])('of an Engine that speaks up to %s, %j, is refused by name', async (newest, about, expected) => {
    await engine.start(newest, about);
    engine.json('GET /containers/json', []);

    await expect(engine.containers.list()).rejects.toMatchObject({ ...expected, host: 'api-1' });

    expect(engine.lines).toEqual([]);
  });

  test.each([
    ['its components', { Components: [{ Name: 'Podman Engine', Version: '4.9.3' }] }, {}],
    ['its Server header', {}, { server: 'Libpod/4.9.3 (linux)' }],
  ])('of podman is refused by name, known by %s', async (_by, about, headers) => {
    await engine.start('1.41');
    engine.on('GET /version', (_asked, response) => {
      response
        .writeHead(200, headers)
        .end(JSON.stringify({ ApiVersion: '1.41', MinAPIVersion: '1.24', Version: '4.9.3', ...about }));
    });

    await expect(engine.containers.list()).rejects.toMatchObject({
      code: 'docker.podman',
      message: matching(/api-1.*podman 4\.9\.3/),
      hint: containing('Docker Engine'),
    });
  });
});

describe('the socket that is dialled', () => {
  test.each([
    [{}, ['docker', '-H', 'unix:///var/run/docker.sock', 'system', 'dial-stdio'], false],
    [{ sudo: true }, ['docker', '-H', 'unix:///var/run/docker.sock', 'system', 'dial-stdio'], true],
    [
      { sudo: true, socket: '/srv/docker.sock' },
      ['docker', '-H', 'unix:///srv/docker.sock', 'system', 'dial-stdio'],
      true,
    ],
    [{ followContext: true }, ['docker', 'system', 'dial-stdio'], false],
  ])(
    'with %j is named, so that no context and no DOCKER_HOST is followed unasked',
    async (docker, argv, become) => {
      const dialled: unknown[] = [];
      const transport = new LocalTransport(systemClock);
      const host = makeHost('api-1', { docker });
      const connection = await transport.connect(host);
      connection.stream = (program, options) => {
        dialled.push([program, options?.become]);
        return Promise.reject(new Error('that is all'));
      };
      const one = { connect: () => Promise.resolve(connection), close: () => Promise.resolve() };

      await expect(new EngineRuntime(one, systemClock).on(host).list()).rejects.toThrow('that is all');

      expect(dialled).toEqual([[argv, become]]);
    },
  );
});

describe('an Engine that says no', () => {
  test('is quoted with its status and its own words', async () => {
    await engine.start();
    const message = 'driver failed programming external connectivity: port is already allocated';
    engine.json('POST /containers/abc/start', { message }, 500);

    await expect(engine.containers.start(containerId('abc'))).rejects.toMatchObject({
      code: 'docker.api',
      message: matching(/500.*port is already allocated/),
      host: 'api-1',
    });
  });

  test('starting what is started and stopping what is stopped is no failure', async () => {
    await engine.start();
    engine.on('POST /containers/abc/start', (_asked, response) => void response.writeHead(304).end());
    engine.on('POST /containers/abc/stop', (_asked, response) => void response.writeHead(304).end());

    await engine.containers.start(containerId('abc'));
    await engine.containers.stop(containerId('abc'), 1_500);

    // Docker counts seconds; rounded down, a container would be killed early.
    expect(engine.asked.at(-1)?.query).toEqual({ t: '2' });
  });

  test('what is not there is undefined when looked for, and no failure to remove', async () => {
    await engine.start();
    const { containers } = engine;

    expect(await containers.inspect(containerName('api'))).toBeUndefined();
    expect(await containers.image(image)).toBeUndefined();
    expect(await containers.removeImage('sha256:abc')).toBe(false);
    await containers.remove(containerId('abc'));
  });
});

describe('an Engine that goes away', () => {
  test('in the middle of an answer is noticed', async () => {
    await engine.start();
    engine.on('GET /containers/json', (_asked, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('[{"Id":', () => response.destroy());
    });

    await expect(engine.containers.list()).rejects.toMatchObject({ code: 'docker.unreachable' });
  });

  test('between two requests: what only reads is asked again, what changes something is not', async () => {
    await engine.start();
    engine.json('GET /containers/json', []);
    engine.on('POST /containers/abc/start', (_asked, response) => void response.writeHead(204).end());
    const { containers } = engine;
    await containers.list();
    let dropped = 0;
    const dropOnce = (what: string, then: () => void): void =>
      engine.on(what, (_asked, response) => {
        dropped += 1;
        then();
        response.destroy();
      });

    dropOnce('GET /containers/json', () => engine.json('GET /containers/json', []));
    expect(await containers.list()).toEqual([]);
    dropOnce('POST /containers/abc/start', () =>
      engine.on('POST /containers/abc/start', (_asked, response) => void response.writeHead(204).end()),
    );
    await expect(containers.start(containerId('abc'))).rejects.toMatchObject({ code: 'docker.unreachable' });

    expect(dropped).toBe(2);
    expect(engine.lines.filter((line) => line.endsWith('/start'))).toHaveLength(1);
  });

  test('tells the clock of its host', async () => {
    await engine.start();
    engine.json('GET /info', { SystemTime: '2026-11-28T12:00:00.000000001Z' });
    const before = systemClock.elapsed();
    const { clockZero = NaN } = await engine.containers.info();
    const noon = Date.UTC(2026, 10, 28, 12);
    expect(clockZero + systemClock.elapsed()).toBeGreaterThanOrEqual(noon);
    expect(clockZero + before).toBeLessThanOrEqual(noon);
  });

  test('that does not tell its clock has none', async () => {
    await engine.start();
    engine.json('GET /info', {});
    expect(await engine.containers.info()).not.toHaveProperty('clockZero');
  });

  test('and refuses when it begins again is none that refuses: it has answered this run', async () => {
    await engine.start();
    engine.json('GET /containers/json', []);
    const { host } = engine;
    const transport = new LocalTransport(systemClock);
    const denied = (): never => {
      throw commandEnded(host, ['docker', 'system', 'dial-stdio'], 'with exit code 1', 'permission denied');
    };
    let isDenied = false;
    const runtime = new EngineRuntime(
      {
        connect: async () => {
          const connection = await transport.connect(host);
          return isDenied ? { ...connection, forward: denied, stream: denied } : connection;
        },
        close: () => transport.close(),
      },
      systemClock,
    );
    const another = { ...host };
    await runtime.on(host).list();

    engine.hangUp();
    isDenied = true;
    const failure = (at: Host): Promise<unknown> =>
      runtime
        .on(at)
        .list()
        .then(() => 'answered', blipSourceOf);

    expect(await failure(host)).toBe('engine');
    expect(await failure(another)).toBeUndefined();
  });

  test('that never was there is named, with what the host said and what to do', async () => {
    await engine.start();
    const runtime = new EngineRuntime(new LocalTransport(systemClock), systemClock);
    const nowhere = runtime.on(makeHost('api-2', { docker: { socket: '/no/such/docker.sock' } }));

    await expect(nowhere.info()).rejects.toMatchObject({
      code: 'docker.unreachable',
      message: containing('/no/such/docker.sock'),
      hint: containing('docker: { socket }'),
    });
  });
});

describe('a pull', () => {
  const lines = (...all: object[]): string => all.map((line) => JSON.stringify(line)).join('\r\n');

  test('asks for exactly the digest, with the credentials in a header and nowhere else', async () => {
    await engine.start();
    engine.on(
      'POST /images/create',
      (_asked, response) => void response.end(lines({ status: 'Status: Downloaded' })),
    );
    // Characters that Base64 for URLs writes differently.
    const password = new Secret('>>>???~~~');

    await engine.containers.pull(
      image,
      { server: 'registry:5000', username: 'deployer', password },
      () => undefined,
    );

    const asked = engine.asked.at(-1)!;
    expect(asked.query).toEqual({ fromImage: 'registry:5000/shop/api', tag: image.digest });
    expect(asked.body).toBeUndefined();
    const header = String(asked.headers['x-registry-auth']);
    expect(header).not.toMatch(/[+/]/);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      username: 'deployer',
      password: '>>>???~~~',
      serveraddress: 'registry:5000',
    });
  });

  test('without credentials sends none', async () => {
    await engine.start();
    engine.on('POST /images/create', (_asked, response) => void response.end(lines({ status: 'done' })));

    await engine.containers.pull(image, undefined, () => undefined);

    expect(engine.asked.at(-1)?.headers).not.toHaveProperty('x-registry-auth');
  });

  test('tells of its layers while they come', async () => {
    await engine.start();
    engine.on('POST /images/create', (_asked, response) => {
      response.write(
        `${lines({ status: 'Pulling from shop/api', id: 'sha256:…' }, { status: 'Pulling fs layer', id: 'a' })}\r\n`,
      );
      response.write(
        lines({ status: 'Downloading', id: 'a', progressDetail: { current: 10, total: 40 } }).slice(0, 20),
      );
      setTimeout(() => {
        response.write(
          `${lines({ status: 'Downloading', id: 'a', progressDetail: { current: 10, total: 40 } }).slice(20)}\r\n`,
        );
        response.end(lines({ status: 'Already exists', id: 'b' }, { status: 'Pull complete', id: 'a' }));
      }, 20);
    });
    const seen: unknown[] = [];

    await engine.containers.pull(image, undefined, (progress) => seen.push(progress));

    expect(seen).toEqual([
      { layers: 1, layersDone: 0, bytes: 0, totalBytes: 0 },
      { layers: 1, layersDone: 0, bytes: 10, totalBytes: 40 },
      { layers: 2, layersDone: 1, bytes: 10, totalBytes: 40 },
      { layers: 2, layersDone: 2, bytes: 40, totalBytes: 40 },
    ]);
  });

  test.each([
    [
      'in its lines',
      200,
      { errorDetail: { message: 'no space left on device' }, error: 'no space left on device' },
      /no space left/,
      /room/,
    ],
    [
      'at once',
      404,
      { message: 'manifest for registry:5000/shop/api not found: manifest unknown' },
      /manifest unknown/,
      /still exists/,
    ],
    [
      'for want of rights',
      500,
      { message: 'unauthorized: authentication required' },
      /unauthorized/,
      /credentials/,
    ],
  ])('that fails %s throws with the reason and what to do', async (_how, status, body, reason, hint) => {
    await engine.start();
    engine.json('POST /images/create', body, status);

    await expect(engine.containers.pull(image, undefined, () => undefined)).rejects.toMatchObject({
      code: 'docker.pull',
      message: matching(reason),
      hint: matching(hint),
    });
  });

  test('stops when it is not wanted any more, and the Engine hears of it', async () => {
    await engine.start();
    const abort = new AbortController();
    const gone = new Promise((resolve) => {
      engine.on('POST /images/create', (_asked, response) => {
        response.on('close', resolve);
        response.write(lines({ status: 'Pulling fs layer', id: 'a' }) + '\r\n');
      });
    });

    const pulling = engine.containers.pull(
      image,
      undefined,
      () => abort.abort(new Error('enough')),
      abort.signal,
    );

    await expect(pulling).rejects.toThrow('enough');
    await gone;
  });
});

test('the platform of an image and of its host are told with their variants', async () => {
  await engine.start('1.41', { Os: 'linux', Arch: 'arm' });
  engine.json('GET /info', { Architecture: 'armv7l' });
  engine.json(`GET /images/${image.repository}@${image.digest}/json`, {
    Id: 'sha256:abc',
    Os: 'linux',
    Architecture: 'arm',
    Variant: 'v6',
  });

  expect(await engine.containers.info()).toMatchObject({ os: 'linux', architecture: 'arm', variant: 'v7' });
  expect(await engine.containers.image(image)).toMatchObject({ architecture: 'arm', variant: 'v6' });
});

test('what the Engine warns of when it creates a container is told', async () => {
  await engine.start();
  const Warnings = ['Your kernel does not support swap limit capabilities.'];
  engine.json('POST /containers/create', { Id: 'abc', Warnings }, 201);
  const warned: string[] = [];

  await engine.containers.create({ ...apiSpec, networks: [] }, {}, (warning) => warned.push(warning));

  expect(warned).toEqual(Warnings);
});

const apiSpec = {
  name: containerName('api'),
  image,
  ports: [],
  env: {},
  volumes: [],
  networks: ['front', 'back'],
  labels: {},
  restart: { name: 'no' as const },
  stopTimeout: 10_000,
  limits: {},
  extraHosts: [],
};

test('half a container is not left behind when a network cannot be joined', async () => {
  await engine.start();
  engine.json('POST /containers/create', { Id: 'abc' }, 201);
  engine.json('POST /networks/back/connect', { message: 'network back not found' }, 404);
  engine.on('DELETE /containers/abc', (_asked, response) => void response.writeHead(204).end());
  await expect(engine.containers.create(apiSpec, {})).rejects.toMatchObject({
    message: containing('network back not found'),
  });

  expect(engine.lines.at(-1)).toBe('DELETE /v1.41/containers/abc');
});

describe('an Engine that says that something failed', () => {
  const start = (): Promise<void> => engine.containers.start(containerId('c1'));

  test('with 500, and takes no new connection, was ending: it does not answer, which may pass', async () => {
    await engine.start();
    engine.on('POST /containers/c1/start', (_asked, response) => {
      engine.ends();
      response.writeHead(500).end(JSON.stringify({ message: 'failed to update store: open : no such file' }));
    });

    const error = await start().catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      code: 'docker.unreachable',
      message: containing('failed to update store'),
    });
    expect(blipSourceOf(error)).toBe('engine');
  });

  test('within a pull, and takes no new connection, was ending too', async () => {
    await engine.start();
    engine.on('POST /images/create', (_asked, response) => {
      engine.ends();
      response.writeHead(200).end(`${JSON.stringify({ error: 'error creating lease: context canceled' })}\n`);
    });

    const error = await engine.containers
      .pull(image, undefined, () => undefined)
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'docker.unreachable', message: containing('error creating lease') });
  });

  test('and stays means it', async () => {
    await engine.start();
    engine.json('POST /containers/c1/start', { message: 'port is already allocated' }, 500);

    await expect(start()).rejects.toMatchObject({ code: 'docker.api', status: 500 });
  });
});
