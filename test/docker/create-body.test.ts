import { expect, test } from 'vitest';
import { createBody, endpointBody } from '../../src/docker/create-body.js';
import type { ContainerSpec } from '../../src/model/container.js';
import { containerName } from '../../src/model/ids.js';
import { digestOf } from '../fakes/digest-of.js';

const image = { repository: 'registry:5000/shop/api', digest: digestOf('v2') };
const least: ContainerSpec = {
  name: containerName('api'),
  image,
  ports: [],
  env: {},
  volumes: [],
  networks: [],
  labels: {},
  restart: { name: 'unless-stopped' },
  stopTimeout: 10_000,
  limits: {},
  extraHosts: [],
};

test('every word of a specification reaches the Engine', () => {
  const spec: ContainerSpec = {
    ...least,
    command: ['serve', '--port', '5000'],
    entrypoint: ['/entry'],
    user: '1000:1000',
    hostname: 'api-1',
    ports: [
      { hostPort: 5060, containerPort: 5000, protocol: 'tcp' },
      { hostAddress: '127.0.0.1', hostPort: 5061, containerPort: 5000, protocol: 'tcp' },
      { hostPort: 53, containerPort: 53, protocol: 'udp' },
    ],
    env: { APP_ENV: 'prod', EMPTY: '' },
    volumes: ['/var/lib/api:/data:ro', 'cache:/cache', '/scratch'],
    networks: ['shop', 'metrics'],
    labels: { team: 'shop' },
    restart: { name: 'on-failure', maximumRetries: 5 },
    stopTimeout: 12_500,
    limits: { memoryBytes: 256 * 1024 * 1024, cpus: 1.5, pids: 200 },
    logging: { driver: 'json-file', options: { 'max-size': '10m' } },
    healthcheck: {
      test: ['CMD', '/healthy'],
      interval: 5_000,
      timeout: 2_000,
      retries: 3,
      startPeriod: 500,
    },
    extraHosts: ['db:10.0.0.9'],
  };

  expect(createBody(spec, { 'adfpush.run': 'run-1' })).toEqual({
    Image: `registry:5000/shop/api@${image.digest}`,
    Cmd: ['serve', '--port', '5000'],
    Entrypoint: ['/entry'],
    User: '1000:1000',
    Hostname: 'api-1',
    Env: ['APP_ENV=prod', 'EMPTY='],
    Labels: { team: 'shop', 'adfpush.run': 'run-1' },
    StopTimeout: 13,
    ExposedPorts: { '5000/tcp': {}, '53/udp': {} },
    Volumes: { '/scratch': {} },
    Healthcheck: {
      Test: ['CMD', '/healthy'],
      Interval: 5e9,
      Timeout: 2e9,
      Retries: 3,
      StartPeriod: 5e8,
    },
    HostConfig: {
      Binds: ['cache:/cache'],
      Mounts: [{ Type: 'bind', Source: '/var/lib/api', Target: '/data', ReadOnly: true }],
      PortBindings: {
        '5000/tcp': [
          { HostIp: '', HostPort: '5060' },
          { HostIp: '127.0.0.1', HostPort: '5061' },
        ],
        '53/udp': [{ HostIp: '', HostPort: '53' }],
      },
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 5 },
      NetworkMode: 'shop',
      Memory: 268_435_456,
      NanoCpus: 1_500_000_000,
      PidsLimit: 200,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
      ExtraHosts: ['db:10.0.0.9'],
    },
    NetworkingConfig: { EndpointsConfig: { shop: { Aliases: ['api'] } } },
  });
});

test('what a specification leaves out is left to the image and the Engine', () => {
  expect(createBody(least, {})).toEqual({
    Image: `registry:5000/shop/api@${image.digest}`,
    Env: [],
    Labels: {},
    StopTimeout: 10,
    ExposedPorts: {},
    Volumes: {},
    HostConfig: {
      Binds: [],
      PortBindings: {},
      RestartPolicy: { Name: 'unless-stopped' },
      ExtraHosts: [],
    },
  });
});

test("the Engine's own networks get no alias, which they would refuse", () => {
  for (const network of ['host', 'bridge', 'none']) expect(endpointBody(least, network)).toEqual({});
});

test.each<readonly [string, object]>([
  ['/a:/b', { Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', ReadOnly: false }] }],
  [
    '/a:/b:ro,rshared',
    {
      Mounts: [
        { Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true, BindOptions: { Propagation: 'rshared' } },
      ],
    },
  ],
  // Only the other form knows the labels of SELinux.
  ['/a:/b:ro,Z', { Binds: ['/a:/b:ro,Z'] }],
  ['/a:/b:create', { Binds: ['/a:/b'] }],
  ['/a:/b:ro,create', { Binds: ['/a:/b:ro'] }],
  ['cache:/b:nocopy', { Binds: ['cache:/b:nocopy'] }],
])('the volume %s is given in the form that does as it says', (volume, form) => {
  const { HostConfig } = createBody({ ...least, volumes: [volume] }, {}) as { HostConfig: object };
  expect(HostConfig).toMatchObject(form);
  expect('Mounts' in HostConfig).toBe('Mounts' in form);
});
