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

  test.each(['"0:80"', '"80:70000"', '"8000-8010:80"', 'web', '"127.0.0.1:80"', 'true', '[1]'])(
    '%s is no port mapping',
    (port) => {
      expect(complaints(`ports: [${port}]`)).toEqual([
        expect.stringMatching(
          /^2:9 `container.ports\[0\]` must be a port mapping, not .* \| Write "5060:5000"/,
        ),
      ]);
    },
  );

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
    '2:17 `container.limits.cpus` must be a number of CPUs above 0 such as 1.5, not 0.',
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
  ['extra_hosts: [db]', '2:15 `container.extra_hosts[0]` must be name:address, not "db".'],
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
