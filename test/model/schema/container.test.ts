import { describe, expect, test } from 'vitest';
import { validate } from '../../../src/config/validate.js';
import { parseYaml } from '../../../src/config/yaml.js';
import { containerSchema } from '../../../src/model/schema/container.js';
import { Secret } from '../../../src/model/secret.js';
import { errorsFrom, textOf } from '../../stages/error-text.js';

const read = (text: string) => validate(containerSchema, parseYaml('f.yml', text), ['container']);
const part = (text: string) => read(`name: api\n${text}`);
const complaints = (text: string) =>
  errorsFrom(() => part(text)).map((error) => textOf(error).replace('f.yml:', ''));

test('a container of a name alone has the defaults', () => {
  expect(read('name: api')).toEqual({
    name: 'api',
    ports: [],
    env: {},
    volumes: [],
    networks: [],
    labels: {},
    restart: { name: 'unless-stopped' },
    stopTimeout: 10_000,
    limits: {},
    extraHosts: [],
  });
});

test('all keys become the model', () => {
  const text = [
    'name: api',
    'image: nginx:1.27',
    'ports: ["5060:5000"]',
    'env: { A: x }',
    'env_file: templates/api.env.hbs',
    'volumes: ["/data:/data:ro"]',
    'networks: [front, back]',
    'limits: { memory: 512m, cpus: 1.5, pids: 100 }',
    'logging: { driver: json-file, options: { max-file: 3 } }',
    'restart: on-failure:3',
    'stop_timeout: 1m',
    'command: serve --port 5000',
    'entrypoint: [/init]',
    'user: 1000:1000',
    'hostname: api-1',
    'labels: { team: web }',
    'healthcheck: { test: [CMD, "true"], interval: 5s, timeout: 2s, retries: 3, start_period: 10s }',
    'extra_hosts: ["db:10.0.0.5"]',
    'adopt: old-api',
  ].join('\n');

  expect(read(text)).toEqual({
    name: 'api',
    image: 'nginx:1.27',
    ports: [{ hostPort: 5060, containerPort: 5000, protocol: 'tcp' }],
    env: { A: 'x' },
    envFile: 'templates/api.env.hbs',
    volumes: ['/data:/data:ro'],
    networks: ['front', 'back'],
    limits: { memoryBytes: 536_870_912, cpus: 1.5, pids: 100 },
    logging: { driver: 'json-file', options: { 'max-file': '3' } },
    restart: { name: 'on-failure', maximumRetries: 3 },
    stopTimeout: 60_000,
    command: ['serve', '--port', '5000'],
    entrypoint: ['/init'],
    user: '1000:1000',
    hostname: 'api-1',
    labels: { team: 'web' },
    healthcheck: {
      test: ['CMD', 'true'],
      interval: 5_000,
      timeout: 2_000,
      retries: 3,
      startPeriod: 10_000,
    },
    extraHosts: ['db:10.0.0.5'],
    adopt: 'old-api',
  });
});

describe('ports', () => {
  test.each([
    ['"5060:5000"', { hostPort: 5060, containerPort: 5000, protocol: 'tcp' }],
    ['5060:5000', { hostPort: 5060, containerPort: 5000, protocol: 'tcp' }],
    ['5000', { hostPort: 5000, containerPort: 5000, protocol: 'tcp' }],
    ['"53:53/udp"', { hostPort: 53, containerPort: 53, protocol: 'udp' }],
    ['"127.0.0.1:8080:80"', { hostAddress: '127.0.0.1', hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
    ['"[::1]:8080:80"', { hostAddress: '::1', hostPort: 8080, containerPort: 80, protocol: 'tcp' }],
  ])('%s', (port, expected) => {
    expect(part(`ports: [${port}]`).ports).toEqual([expected]);
    expect(part(`ports: ${port}`).ports).toEqual([expected]);
  });

  test.each(['"0:80"', '"80:70000"', '"8010-8000:10-20"', 'web', '"127.0.0.1:80"', 'true', '[1]'])(
    '%s is no port mapping',
    (port) => {
      expect(complaints(`ports: [${port}]`)).toEqual([
        expect.stringMatching(
          /^2:9 `container.ports\[0\]` must be a port mapping, not .* \| Write "5060:5000"/,
        ),
      ]);
    },
  );

  test('a range is as many ports', () => {
    const ports = (text: string) =>
      part(`ports: ["${text}"]`).ports.map((one) => `${one.hostPort}:${one.containerPort}`);
    expect(ports('5060-5061:5000-5001')).toEqual(['5060:5000', '5061:5001']);
    expect(ports('5060-5062/UDP')).toEqual(['5060:5060', '5061:5061', '5062:5062']);
    expect(complaints('ports: ["8000-8010:80"]')).toEqual([
      expect.stringMatching(/^2:9 `container.ports\[0\]` has ranges of different lengths/),
    ]);
    expect(complaints('ports: ["5060-5062:5000-5002", "5061:80"]')).toEqual([
      expect.stringMatching(/publishes port 5061 of the host a second time/),
    ]);
  });

  test.each(['999.0.0.1', '1.2.3', '[::g]', '[1.2.3.4.5]', 'example.com', '010.0.0.1', '[fe80::1%eth0]'])(
    '%s is no address to publish on',
    (address) => {
      expect(complaints(`ports: ["${address}:80:80"]`)).toEqual([
        expect.stringMatching(
          /^2:9 `container.ports\[0\]` (publishes on ".*", which is no address|must be a port)/,
        ),
      ]);
    },
  );

  // Without an address Docker publishes on all of both families; `0.0.0.0` are those of IPv4 alone, `::` those of IPv6.
  test.each([
    ['80:80', '80:81', true],
    ['80:80', '127.0.0.1:80:81', true],
    ['80:80', '[::1]:80:81', true],
    ['80:80', '0.0.0.0:80:81', true],
    ['*:80:80', '127.0.0.1:80:81', true],
    [':80:80', '[::]:80:81', true],
    ['0.0.0.0:80:80', '127.0.0.1:80:81', true],
    ['0.0.0.0:80:80', '[::]:80:81', false],
    ['[::]:80:80', '[::1]:80:81', true],
    ['[::]:80:80', '127.0.0.1:80:81', false],
    ['[::1]:80:80', '[0:0:0::1]:80:81', true],
    ['[::ffff:127.0.0.1]:80:80', '127.0.0.1:80:81', true],
    ['[2001:DB8::1]:80:80', '[2001:db8:0::1]:80:81', true],
    ['localhost:80:80', '127.0.0.1:80:81', true],
    ['127.0.0.1:80:80', '127.0.0.2:80:81', false],
    ['80:80', '80:81/udp', false],
    ['80:80/udp', '80:81/UDP', true],
  ])('%s and %s: the same port of the host? %s', (one, other, isSame) => {
    const found = complaints(`ports: ["${one}", "${other}"]`);
    expect(found).toEqual(
      isSame
        ? [expect.stringMatching(/`container.ports\[1\]` publishes port 80 of the host a second time/)]
        : [],
    );
  });

  test('one port of the host is published once', () => {
    expect(complaints('ports: ["80:80", "80:81", "80:80/udp"]')).toEqual([
      '2:18 `container.ports[1]` publishes port 80 of the host a second time.',
    ]);
  });
});

describe('env', () => {
  test('numbers and booleans become text, from a mapping or a list', () => {
    expect(part('env: { A: 1, B: true, C: "", D: 1.5 }').env).toEqual({ A: '1', B: 'true', C: '', D: '1.5' });
    expect(part('env: ["A=1", "B=x=y", "C="]').env).toEqual({ A: '1', B: 'x=y', C: '' });
  });

  test('a secret is taken out of its wrapping', () => {
    const value = { name: 'api', env: { TOKEN: new Secret('hunter2') } };

    expect(validate(containerSchema, { value }).env).toEqual({ TOKEN: 'hunter2' });
  });

  test.each([
    ['env: { A: }', '2:8 `container.env.A` has no value. | Write "" for an empty one.'],
    ['env: { A: [x] }', '2:11 `container.env.A` must be text, a number or true or false.'],
    ['env: [A]', '2:7 `container.env[0]` must look like KEY=value.'],
    ['env: [A=1, A=2]', '2:12 `container.env[1]` gives A a second time. | Keep one of the two.'],
    ['env: x', '2:6 `container.env` must be a mapping, or a list of KEY=value.'],
  ])('%s', (text, complaint) => {
    expect(complaints(text)).toEqual([complaint]);
  });
});

describe('commands', () => {
  test.each<[string, readonly string[]]>([
    ['nginx -g "daemon off;"', ['nginx', '-g', 'daemon off;']],
    [`sh -c 'a && b | c'`, ['sh', '-c', 'a && b | c']],
    [String.raw`a\ b "c\"d" 'e'f`, ['a b', 'c"d', 'ef']],
    [`run ''`, ['run', '']],
    ['run --one \\\n  --two \\\n\\\n --three', ['run', '--one', '--two', '--three']],
    ['run on\\\ne "t\\\nwo" \'th\\\nree\'', ['run', 'one', 'two', 'th\\\nree']],
    ['run --last \\\n', ['run', '--last']],
    ['\\\nrun \\\\\n two', ['run', '\\', 'two']],
    ['run $HOME *', ['run', '$HOME', '*']],
  ])('%s is split as sh would', (line, words) => {
    expect(validate(containerSchema, { value: { name: 'api', command: line } }).command).toEqual(words);
  });

  test.each([
    [
      'command: a && b',
      '2:10 `container.command` holds &&, which needs a shell. | For a shell, write a list: [sh, -c, "…"].',
    ],
    [
      'command: a > /tmp/x',
      '2:10 `container.command` holds >, which needs a shell. | For a shell, write a list: [sh, -c, "…"].',
    ],
    [
      `command: it's`,
      '2:10 `container.command` has a quote or backslash without its end. | For a shell, write a list: [sh, -c, "…"].',
    ],
    ['command: []', '2:10 `container.command` must not be an empty list.'],
    ['command: [a, {}]', '2:14 `container.command[1]` must be text.'],
    ['command: ""', '2:10 `container.command` must be a command: a list of words, or one line.'],
  ])('%s', (text, complaint) => {
    expect(complaints(text)).toEqual([complaint]);
  });
});

test.each([
  ['limits: { memory: 2g }', { limits: { memoryBytes: 2_147_483_648 } }],
  ['limits: { memory: 1.5GiB }', { limits: { memoryBytes: 1_610_612_736 } }],
  ['limits: { memory: 67108864 }', { limits: { memoryBytes: 67_108_864 } }],
  ['restart: no', { restart: { name: 'no' } }],
  ['restart: on-failure', { restart: { name: 'on-failure', maximumRetries: 0 } }],
  ['extra_hosts: { db: 10.0.0.5 }', { extraHosts: ['db:10.0.0.5'] }],
  ['networks: front', { networks: ['front'] }],
  ['healthcheck: { test: curl localhost }', { healthcheck: { test: ['CMD-SHELL', 'curl localhost'] } }],
  ['healthcheck: { test: [curl, localhost] }', { healthcheck: { test: ['CMD', 'curl', 'localhost'] } }],
  ['volumes: [data:/data]', { volumes: ['data:/data'] }],
  ['volumes: [/a:/b:create]', { volumes: ['/a:/b:create'] }],
  ['volumes: [{ type: bind, source: /a, target: /b }]', { volumes: ['/a:/b'] }],
  [
    'volumes: [{ type: bind, source: /a, target: /b, read_only: true, bind: { propagation: rslave, selinux: Z } }]',
    { volumes: ['/a:/b:ro,rslave,Z'] },
  ],
  [
    'volumes: [{ type: bind, source: /a, target: /b, bind: { create_host_path: true } }]',
    { volumes: ['/a:/b:create'] },
  ],
  [
    'volumes: [{ type: volume, source: data, target: /b, volume: { nocopy: true } }]',
    { volumes: ['data:/b:nocopy'] },
  ],
  ['user: 1000', { user: '1000' }],
  ['volumes: [/a:/x, /b:/x/y]', { volumes: ['/a:/x', '/b:/x/y'] }],
  ['extra_hosts: ["host:host-gateway", "db=[::1]"]', { extraHosts: ['host:host-gateway', 'db:::1'] }],
  ['logging: { driver: json-file, options: { max-size: 10m, max-file: 3 } }', {}],
  ['logging: { driver: our-plugin, options: { anything: goes } }', {}],
  ['limits: { cpus: 0.01 }', { limits: { cpus: 0.01 } }],
])('%s', (text, expected) => {
  expect(part(text)).toMatchObject(expected);
});

test.each([
  [
    'limits: { memory: 512 }',
    '2:19 `container.limits.memory` is 512 bytes, less than the 6m that Docker asks for. | Write the unit: 512m.',
  ],
  [
    'limits: { memory: lots }',
    '2:19 `container.limits.memory` must be a size such as 512m or 2g, not "lots".',
  ],
  [
    'limits: { cpus: 0 }',
    '2:17 `container.limits.cpus` must be a number of CPUs such as 1.5, at least 0.01, not 0.',
  ],
  ['volumes: [/a:/x, data:/x/]', '2:18 `container.volumes[1]` mounts something at /x a second time.'],
  ['volumes: [/a:/x/./y, /b:/x//y]', '2:22 `container.volumes[1]` mounts something at /x/y a second time.'],
  ['volumes: [/a:/]', '2:11 `container.volumes[0]` mounts something over the root of the container.'],
  [
    'extra_hosts: ["db:10.0.0"]',
    '2:15 `container.extra_hosts[0]` has "10.0.0", which is no address. | Write "db:10.0.0.5", or "host:host-gateway" for the host itself.',
  ],
  [
    'extra_hosts: { db: localhost }',
    '2:20 `container.extra_hosts.db` has "localhost", which is no address. | Write "db:10.0.0.5", or "host:host-gateway" for the host itself.',
  ],
  [
    'logging: { driver: json-file, options: { max-sise: 10m } }',
    '2:52 `container.logging.options.max-sise` is no option of the driver json-file. | Did you mean "max-size"?',
  ],
  [
    'logging: { driver: local, options: { max-size: lots } }',
    '2:48 `container.logging.options.max-size` must be a size such as 10m, not "lots".',
  ],
  [
    'logging: { driver: json-file, options: { max-file: 0 } }',
    '2:52 `container.logging.options.max-file` must be a number of files, 1 or more, not "0".',
  ],
  ['limits: { cpu: 1 }', '2:11 Unknown key `cpu` in `container.limits`. | Did you mean "cpus"?'],
  [
    'restart: sometimes',
    '2:10 `container.restart` must be no, always, unless-stopped, on-failure or on-failure:3, not "sometimes".',
  ],
  [
    'stop_timeout: soon',
    '2:15 `container.stop_timeout` must be a duration, not "soon". | Write it like 90s, 5m, 1h30m or 250ms; a bare number is seconds.',
  ],
  [
    'volumes: [./data:/data]',
    '2:11 `container.volumes[0]` must be source:target or source:target:options, not "./data:/data". | The source is an absolute path of the host or the name of a volume; the target is an absolute path.',
  ],
  [
    'volumes: [/a:/b:readonly]',
    '2:11 `container.volumes[0]` has an option that Docker does not know: readonly. | Known: shared, rshared, slave, rslave, private, rprivate, z, Z, ro, rw, nocopy, create, consistent, cached, delegated.',
  ],
  [
    'volumes: [data:/b:create]',
    '2:11 `container.volumes[0]` has the option create, which is for paths of the host. | A named volume is made anyway.',
  ],
  [
    'volumes: [{ type: bind, source: data, target: /b }]',
    '2:33 `container.volumes[0].source` must have an absolute path of the host as its source.',
  ],
  [
    'labels: { adfpush.run: x }',
    '2:9 `container.labels` must not hold labels that begin with adfpush.: they are where adfpush keeps its own.',
  ],
  [
    'extra_hosts: [db]',
    '2:15 `container.extra_hosts[0]` must be name:address, not "db". | Write "db:10.0.0.5", or "host:host-gateway" for the host itself.',
  ],
  ['prots: []', '2:1 Unknown key `prots` in `container`. | Did you mean "ports"?'],
  [
    'enviroment: {}',
    '2:1 Unknown key `enviroment` in `container`. | Known here: name, image, command, entrypoint, user, hostname, ports, env, env_file, volumes, networks, labels and 7 more.',
  ],
])('%s is refused', (text, complaint) => {
  expect(complaints(text)).toEqual([complaint]);
});

test.each(['-x', 'a', 'a b', 'ä1', '""'])('%s is no name of a container', (name) => {
  expect(errorsFrom(() => read(`name: ${name}`))).toHaveLength(1);
});
