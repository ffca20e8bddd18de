import { describe, expect, test } from 'vitest';
import { containerAnswer } from '../../src/docker/answers.js';
import { observedContainer } from '../../src/docker/observe.js';
import { unitFileWords } from '../../src/docker/unit-files.js';
import { label, type ObservedContainer } from '../../src/model/container.js';
import { digestOf } from '../fakes/digest-of.js';

interface Parts {
  State?: object;
  Config?: object;
  HostConfig?: object;
  NetworkSettings?: object;
  [more: string]: unknown;
}

/** A container as an Engine of 20.10 describes it, as far as it is read. */
function observe(
  { State, Config, HostConfig, NetworkSettings, ...more }: Parts,
  units = '',
): ObservedContainer {
  const answer = containerAnswer.parse({
    Id: 'abc',
    Name: '/api',
    Created: '2026-11-20T10:00:00.123456789Z',
    RestartCount: 0,
    State: {
      Running: true,
      Paused: false,
      Restarting: false,
      Dead: false,
      ExitCode: 0,
      StartedAt: '2026-11-20T10:00:01Z',
      ...State,
    },
    Config: { Image: 'registry:5000/shop/api:v1', Labels: {}, ...Config },
    HostConfig: {
      AutoRemove: false,
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      PortBindings: {},
      ...HostConfig,
    },
    NetworkSettings: { Ports: {}, Networks: { shop: {} }, ...NetworkSettings },
    ...more,
  });
  const words = unitFileWords(units);
  return observedContainer(answer, (name) => words.has(name));
}

test('a running container of ours is known by its labels', () => {
  const digest = digestOf('v1');

  expect(
    observe({
      RestartCount: 2,
      Config: { Labels: { [label.digest]: digest, [label.container]: 'api' } },
      HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } },
    }),
  ).toEqual({
    id: 'abc',
    name: 'api',
    image: 'registry:5000/shop/api:v1',
    digest,
    labels: { [label.digest]: digest, [label.container]: 'api' },
    running: true,
    restartCount: 2,
    restartPolicy: { name: 'on-failure', maximumRetries: 3 },
    createdAt: Date.parse('2026-11-20T10:00:00.123Z'),
    startedAt: Date.parse('2026-11-20T10:00:01Z'),
    ports: [],
    networks: ['shop'],
  });
});

test.each([
  ['restarting', { Running: true, Restarting: true }],
  ['paused', { Running: true, Paused: true }],
  ['dead', { Running: true, Dead: true }],
  ['stopped', { Running: false, ExitCode: 137 }],
])('a container that is %s is not running', (_state, State) => {
  expect(observe({ State }).running).toBe(false);
});

test('a container that was never started has no start, and one that ended has an exit code and an end', () => {
  const year1 = '0001-01-01T00:00:00Z';
  const FinishedAt = '2026-11-20T11:00:00Z';
  const never = observe({ State: { Running: false, StartedAt: year1, FinishedAt: year1 } });
  const ended = observe({ State: { Running: false, ExitCode: 137, FinishedAt } });

  expect(never).not.toHaveProperty('startedAt');
  expect(never).not.toHaveProperty('finishedAt');
  expect(ended).toMatchObject({ exitCode: 137, finishedAt: Date.parse(FinishedAt) });
  expect(observe({ State: { FinishedAt } })).not.toHaveProperty('finishedAt');
});

test.each([['always'], ['unless-stopped'], ['no'], ['']])('the restart policy "%s" is read', (Name) => {
  expect(observe({ HostConfig: { RestartPolicy: { Name, MaximumRetryCount: 0 } } }).restartPolicy.name).toBe(
    Name || 'no',
  );
});

test.each([['starting'], ['healthy'], ['unhealthy']])('its own health check says %s', (Status) => {
  expect(observe({ State: { Health: { Status } } }).health).toBe(Status);
});

test('a container without a health check has no health', () => {
  expect(observe({ State: { Health: { Status: 'none' } } })).not.toHaveProperty('health');
});

describe('ports', () => {
  test('are those that are configured, also while it is stopped', () => {
    const { ports } = observe({
      State: { Running: false },
      HostConfig: {
        PortBindings: {
          '5000/tcp': [
            { HostIp: '', HostPort: '5060' },
            { HostIp: '127.0.0.1', HostPort: '5061' },
          ],
          '53/udp': [{ HostIp: '0.0.0.0', HostPort: '53' }],
          '99/sctp': [{ HostIp: '', HostPort: '99' }],
        },
      },
      NetworkSettings: { Ports: {} },
    });

    expect(ports).toEqual([
      { hostPort: 5060, containerPort: 5000, protocol: 'tcp' },
      { hostAddress: '127.0.0.1', hostPort: 5061, containerPort: 5000, protocol: 'tcp' },
      { hostPort: 53, containerPort: 53, protocol: 'udp' },
    ]);
  });

  test('that Docker chose are known while it runs, once for both families of addresses', () => {
    const { ports } = observe({
      HostConfig: { PortBindings: { '5000/tcp': [{ HostIp: '', HostPort: '' }] } },
      NetworkSettings: {
        Ports: {
          '5000/tcp': [
            { HostIp: '0.0.0.0', HostPort: '49153' },
            { HostIp: '::', HostPort: '49153' },
          ],
          '80/tcp': null,
        },
      },
    });

    expect(ports).toEqual([{ hostPort: 49_153, containerPort: 5000, protocol: 'tcp' }]);
  });
});

describe('who else looks after a container', () => {
  const unit = (exec: string, file = '/etc/systemd/system/api.service'): string =>
    `# file ${file}\n[Unit]\nDescription=the api\n[Service]\n${exec}\nRestart=always\n`;

  test.each<[string, Parts, string]>([
    ['auto-remove', { HostConfig: { AutoRemove: true } }, ''],
    ['compose', { Config: { Labels: { 'com.docker.compose.project': 'shop' } } }, ''],
    ['systemd', { Config: { Labels: { PODMAN_SYSTEMD_UNIT: 'api.service' } } }, ''],
    ['systemd', { HostConfig: { CgroupParent: '/system.slice/api.service' } }, ''],
    ['systemd', {}, unit('ExecStart=/usr/bin/docker run --name api -p 80:80 shop/api')],
    ['systemd', {}, unit('ExecStart=/usr/bin/docker run \\\n  --rm \\\n  --name="api" shop/api')],
    ['systemd', {}, unit('ExecStartPre=-/usr/bin/docker rm api\nExecStart=/usr/bin/docker start -a api')],
    ['systemd', { Name: '/api.service' }, unit('ExecStart=/usr/bin/docker run --name %n shop/api')],
    ['systemd', {}, unit('ExecStart=/usr/bin/docker run --name %N shop/api')],
  ])('%s, for %o', (managedBy, parts, units) => {
    expect(observe(parts, units).managedBy).toBe(managedBy);
  });

  test.each<[string, Parts, string]>([
    ['a container by itself', {}, ''],
    ['a unit that runs another one', {}, unit('ExecStart=/usr/bin/docker run --name api2 shop/api')],
    [
      'a unit that only waits for docker',
      {},
      '# file /etc/systemd/system/api.service\n[Unit]\nAfter=docker.service\n[Service]\nExecStart=/usr/bin/api\n',
    ],
    [
      'a container of ours',
      { Config: { Labels: { [label.container]: 'api' } } },
      unit('ExecStart=/usr/bin/docker start -a api'),
    ],
  ])('nobody: %s', (_what, parts, units) => {
    expect(observe(parts, units)).not.toHaveProperty('managedBy');
  });
});

test('what a container mounts of the host is known from both forms, but for what it may make itself', () => {
  const mounted = {
    HostConfig: {
      Binds: ['/etc/app.conf:/app.conf:ro', '/srv/cache:/cache', 'data:/data'],
      Mounts: [
        { Type: 'bind', Source: '/etc/tls' },
        { Type: 'volume', Source: 'logs' },
      ],
    },
  };
  expect(observe(mounted).bindSources).toEqual(['/etc/app.conf', '/srv/cache', '/etc/tls']);
  const Labels = { [label.creates]: '["/srv/cache"]' };
  expect(observe({ ...mounted, Config: { Labels } }).bindSources).toEqual(['/etc/app.conf', '/etc/tls']);
  expect(observe({})).not.toHaveProperty('bindSources');
});
