import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { NodeProjectFiles } from '../../src/config/node-project-files.js';
import { loadProject, type Project } from '../../src/config/project.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { noSecrets } from '../fakes/no-secrets.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { errorsFromAsync, textOf } from '../stages/error-text.js';

const load = (files: Record<string, string>): Promise<Project> =>
  loadProject(new MemoryFiles(files), '/home/me/shop', noSecrets());

const complaints = async (
  files: Record<string, string>,
  act = (project: Project) => project.environment('prod'),
) => (await errorsFromAsync(async () => act(await load(files)))).map(textOf);

describe('adfpush.yml', () => {
  test('is optional', async () => {
    const { config } = await load({});

    expect(config).toMatchObject({
      name: 'shop',
      vars: { name: 'adfpush.yml', values: {} },
      ssh: {},
      docker: {},
      insecureRegistries: [],
    });
  });

  test('may be all comments', async () => {
    expect((await load({ 'adfpush.yml': '# later\n' })).config.name).toBe('shop');
  });

  test('gives defaults to all environments', async () => {
    const text = [
      'name: shop-front',
      'vars: { registry: "registry:5000" }',
      'ssh: { user: deploy, port: 2222, identity_file: ~/.ssh/id, proxy_jump: ops@bastion:22, known_hosts_file: known_hosts, host_key_alias: instance_id, connect_timeout: 5s }',
      'docker: { sudo: true, follow_context: true }',
      'state: { directory: /var/lib/adfpush }',
      'insecure_registries: ["127.0.0.1:5000"]',
    ].join('\n');

    const { config } = await load({ 'adfpush.yml': text });

    expect(config).toMatchObject({
      name: 'shop-front',
      vars: { values: { registry: 'registry:5000' } },
      ssh: {
        user: 'deploy',
        port: 2222,
        identityFile: '~/.ssh/id',
        proxyJump: 'ops@bastion:22',
        knownHostsFile: 'known_hosts',
        hostKeyAlias: 'instance_id',
        connectTimeout: 5_000,
      },
      docker: { sudo: true, followContext: true },
      stateDirectory: '/var/lib/adfpush',
      insecureRegistries: ['127.0.0.1:5000'],
    });
    expect(config.vars.locate(['registry'])).toEqual({ file: 'adfpush.yml', line: 2, column: 19 });
  });

  test('keeps leases on the hosts unless it names a table of DynamoDB', async () => {
    const backendOf = async (state: string) =>
      (await load({ 'adfpush.yml': `state: { ${state} }` })).config.stateBackend;

    expect((await load({})).config.stateBackend).toEqual({ kind: 'hosts' });
    expect(await backendOf('directory: here')).toEqual({ kind: 'hosts' });
    expect(await backendOf('backend: hosts')).toEqual({ kind: 'hosts' });
    expect(await backendOf('backend: dynamodb, table: locks')).toEqual({ kind: 'dynamodb', table: 'locks' });
    expect(
      await backendOf(
        'backend: dynamodb, table: team.locks, region: eu-west-1, endpoint: "http://127.0.0.1:8000"',
      ),
    ).toEqual({
      kind: 'dynamodb',
      table: 'team.locks',
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:8000',
    });
  });

  test('lets leases live a minute unless it says otherwise', async () => {
    expect((await load({})).config.leaseDuration).toBe(60_000);
    expect((await load({ 'adfpush.yml': 'state: { directory: here }' })).config.leaseDuration).toBe(60_000);
    expect((await load({ 'adfpush.yml': 'state: { lease: 3s }' })).config.leaseDuration).toBe(3_000);
  });

  const sshOf = async (...lines: string[]): Promise<unknown> =>
    (await load({ 'adfpush.yml': lines.join('\n') })).config.ssh;

  test('takes every word of OpenSSH that it knows, in the forms that people write', async () => {
    const ssh = await sshOf(
      'ssh:',
      '  transport: openssh',
      '  config_file: ssh_config',
      '  identities_only: true',
      '  identity_agent: none',
      '  proxy_jump: [ops@edge:22, "[::1]:2222", inner]',
      '  strict_host_key_checking: accept-new',
      '  host_keys: console',
      '  instance_connect: true',
      '  server_alive_interval: 3s',
      '  server_alive_count_max: 2',
    );

    expect(ssh).toEqual({
      transport: 'openssh',
      configFile: 'ssh_config',
      identitiesOnly: true,
      identityAgent: 'none',
      proxyJump: 'ops@edge:22,[::1]:2222,inner',
      strictHostKeyChecking: 'accept-new',
      hostKeys: 'console',
      instanceConnect: true,
      serverAliveInterval: 3_000,
      serverAliveCountMax: 2,
    });
  });

  test.each([
    ['proxy_jump: a,b@c:1', { proxyJump: 'a,b@c:1' }],
    ['proxy_jump: none', { proxyJump: 'none' }],
    [
      `proxy_command: sh -c "aws ssm start-session --target %h --parameters 'portNumber=%p' --reason 100%%"`,
      {
        proxyCommand: `sh -c "aws ssm start-session --target %h --parameters 'portNumber=%p' --reason 100%%"`,
      },
    ],
    ['strict_host_key_checking: true', { strictHostKeyChecking: 'yes' }],
  ])('takes %s', async (line, expected) => {
    expect(await sshOf('ssh:', `  ${line}`)).toEqual(expected);
  });

  test.each([
    ['nmae: x', 'adfpush.yml:1:1 Unknown key `nmae`. | Did you mean "name"?'],
    [
      'ssh: { user: -oProxyCommand=x }',
      'adfpush.yml:1:14 `ssh.user` must hold no space and not begin with a dash.',
    ],
    [
      'ssh: { indentity_file: x }',
      'adfpush.yml:1:8 Unknown key `indentity_file` in `ssh`. | Did you mean "identity_file"?',
    ],
    [
      'ssh: { transprot: openssh }',
      'adfpush.yml:1:8 Unknown key `transprot` in `ssh`. | Did you mean "transport"?',
    ],
    [
      'ssh: { transport: opensh }',
      'adfpush.yml:1:19 `ssh.transport` must be one of ssh2, openssh, not "opensh". | Did you mean "openssh"?',
    ],
    [
      'ssh: { strict_host_key_checking: no }',
      'adfpush.yml:1:34 Host keys are always checked: another machine that answers in a host’s place would be given its deploys. | accept-new believes, and records, the key of a host that has none on record yet, and refuses one that has changed.',
    ],
    [
      'ssh: { strict_host_key_checking: acceptnew }',
      'adfpush.yml:1:34 `ssh.strict_host_key_checking` must be yes or accept-new, not "acceptnew". | Did you mean "accept-new"?',
    ],
    [
      'ssh: { proxy_jump: [edge, "b c"] }',
      'adfpush.yml:1:27 `ssh.proxy_jump[1]` has "b c", which is no user@host:port. | Write user@host:port, several with commas between or as a list; or none.',
    ],
    [
      'ssh: { proxy_jump: "edge:0" }',
      'adfpush.yml:1:20 `ssh.proxy_jump` has "edge:0", which is no user@host:port. | Write user@host:port, several with commas between or as a list; or none.',
    ],
    [
      'ssh: { proxy_jump: edge, proxy_command: nc %h %p }',
      'adfpush.yml:1:41 `ssh.proxy_command` must not stand beside proxy_jump: a host has one way.',
    ],
    [
      'ssh: { proxy_command: nc %h %t }',
      'adfpush.yml:1:23 `ssh.proxy_command` must not hold "%t". | %h is the address, %p the port, %r the user, %n the name, %k the host key alias, %% a percent sign.',
    ],
    [
      'ssh: { server_alive_count_max: 0 }',
      'adfpush.yml:1:32 `ssh.server_alive_count_max` must be at least 1, not 0.',
    ],
    [
      'docker: { sudo: yes }',
      'adfpush.yml:1:17 `docker.sudo` must be true or false, not "yes". | Write true: in YAML 1.2 "yes" is text.',
    ],
    [
      'docker: { sudo: true, socket: /run/docker.sock }',
      'adfpush.yml:1:9 `docker` must not have both: sudo runs docker on the host, socket speaks to the Engine without it.',
    ],
    [
      'docker: { follow_context: true, socket: /run/docker.sock }',
      'adfpush.yml:1:9 `docker` must not have both: follow_context lets the login user choose the Engine, socket names it.',
    ],
    [
      'docker: { socket: docker.sock }',
      'adfpush.yml:1:19 `docker.socket` must be an absolute path on the host.',
    ],
    [
      'insecure_registries: ["http://r:5000"]',
      'adfpush.yml:1:23 `insecure_registries[0]` must be host:port, without http:// and without a path.',
    ],
    [
      'vars: { my-name: 1 }',
      'adfpush.yml:1:9 "my-name" is not a name that a template can use: letters, digits and _ only, no digit first.',
    ],
    ['state: { backend: dynamodb }', 'adfpush.yml:1:1 `state.table` is missing.'],
    [
      'state: { backend: dynamo, table: locks }',
      'adfpush.yml:1:19 `state.backend` must be one of hosts, dynamodb, not "dynamo". | Did you mean "dynamodb"?',
    ],
    [
      'state: { backend: dynamodb, table: locks, regoin: eu-west-1 }',
      'adfpush.yml:1:43 Unknown key `regoin` in `state`. | Did you mean "region"?',
    ],
    [
      'state: { backend: dynamodb, table: my locks }',
      'adfpush.yml:1:36 `state.table` must be the name of a table, 3 to 255 letters, digits, dots, dashes and underscores, not "my locks".',
    ],
    [
      'state: { backend: dynamodb, table: locks, region: Frankfurt }',
      'adfpush.yml:1:51 `state.region` must be a region such as eu-west-1, not "Frankfurt".',
    ],
    [
      'state: { backend: dynamodb, table: locks, endpoint: localhost }',
      'adfpush.yml:1:53 `state.endpoint` must be a URL such as http://127.0.0.1:4566.',
    ],
    [
      'state: { table: locks }',
      'adfpush.yml:1:17 `state.table` says something of DynamoDB, and leases are kept on the hosts. | Add backend: dynamodb, or leave it out.',
    ],
    [
      'state: { lease: 2s }',
      'adfpush.yml:1:17 `state.lease` must be at least 3 s. | Write it like 90s, 5m, 1h30m or 250ms; a bare number is seconds.',
    ],
    ['- a', 'adfpush.yml:1:1 This must be a mapping, not a list.'],
  ])('%j is refused', async (text, complaint) => {
    expect(await complaints({ 'adfpush.yml': text })).toEqual([complaint]);
  });
});

describe('environments', () => {
  const other = 'source: static\nhosts: [a]';

  test('are the YAML files of inventory/', async () => {
    const { environments } = await load({
      'inventory/prod.yml': other,
      'inventory/staging.yaml': other,
      'inventory/.hidden.yml': other,
      'inventory/README.md': '',
      'inventory/group_vars/api.yml': '',
    });

    expect(environments).toEqual(['prod', 'staging']);
  });

  test.each([
    ['prd', 'There is no environment "prd": no file inventory/prd.yml. | Did you mean "prod"?'],
    ['qa', 'There is no environment "qa": no file inventory/qa.yml. | Environments here: prod, staging.'],
    [
      '../prod',
      'There is no environment "../prod": no file inventory/../prod.yml. | Environments here: prod, staging.',
    ],
  ])('%s is unknown', async (name, complaint) => {
    const project = await load({ 'inventory/prod.yml': other, 'inventory/staging.yml': other });

    const errors = await errorsFromAsync(() => project.environment(name));

    expect(errors.map(textOf)).toEqual([`- ${complaint}`]);
    expect(errors[0]?.class).toBe('invalid');
  });

  test('without any, the folder is doubted', async () => {
    expect(await complaints({})).toEqual([
      '- There is no environment "prod": no file inventory/prod.yml. | This folder has no inventory/*.yml at all; is it the root of a project?',
    ]);
  });

  test('a name with two endings is two files too many', async () => {
    expect(await complaints({ 'inventory/prod.yml': other, 'inventory/prod.yaml': other })).toEqual([
      '- Two files say the same thing: inventory/prod.yaml and inventory/prod.yml. | Keep one of them.',
    ]);
  });
});

describe('group_vars and host_vars', () => {
  const files = {
    'inventory/group_vars/api.yml': 'image: x\ncontainer:\n  name: api\n',
    'inventory/group_vars/empty.yml': '# nothing\n',
    'inventory/group_vars/folder/main.yml': '',
    'inventory/host_vars/i-1.yml': 'by: id\n',
    'inventory/host_vars/web.yml': 'by: name\n',
    'inventory/host_vars/i-3.yml': 'by: id\n',
  };

  test('are layers that know where each value stands', async () => {
    const vars = await (await load(files)).groupVars('api');

    expect(vars).toMatchObject({
      name: 'group_vars/api',
      values: { image: 'x', container: { name: 'api' } },
    });
    expect(vars?.locate(['container', 'name'])).toEqual({
      file: 'inventory/group_vars/api.yml',
      line: 3,
      column: 9,
    });
  });

  test('are absent without a file, and empty with an empty one', async () => {
    const project = await load(files);

    expect(await project.groupVars('worker')).toBeUndefined();
    expect(await project.groupVars('../group_vars/api')).toBeUndefined();
    expect((await project.groupVars('empty'))?.values).toEqual({});
  });

  test('of a host go by its id or by its name, and not by both', async () => {
    const project = await load(files);
    const varsOf = async (id: string, name: string) =>
      (await project.hostVars(makeHost(id, { name })))?.values;

    expect(await varsOf('i-1', 'api')).toEqual({ by: 'id' });
    expect(await varsOf('i-2', 'web')).toEqual({ by: 'name' });
    expect(await varsOf('i-2', 'api')).toBeUndefined();
    expect((await errorsFromAsync(() => varsOf('i-3', 'web'))).map(textOf)).toEqual([
      '- Two files say the same thing: inventory/host_vars/i-3.yml and inventory/host_vars/web.yml. | Keep one of them.',
    ]);
  });

  test('in a folder, as Ansible allows, are not overlooked', async () => {
    expect(await complaints(files, (project) => project.groupVars('folder') as never)).toEqual([
      '- inventory/group_vars/folder is a folder; adfpush reads one file, inventory/group_vars/folder.yml. | Put the variables into that one file.',
    ]);
  });

  test('must be a mapping', async () => {
    expect(
      await complaints(
        { 'inventory/group_vars/api.yml': '- a' },
        (project) => project.groupVars('api') as never,
      ),
    ).toEqual(['inventory/group_vars/api.yml:1:1 This must be a mapping, not a list.']);
  });
});

describe('files on disk', () => {
  let root = '';
  beforeEach(async () => {
    root = temporaryFolder('config');
  });

  test('are read below the root; what is not there is nothing', async () => {
    await mkdir(join(root, 'inventory'));
    await writeFile(join(root, 'inventory', 'prod.yml'), 'source: static');
    const files = new NodeProjectFiles(root);

    expect(await files.read('inventory/prod.yml')).toBe('source: static');
    expect(await files.read(join(root, 'inventory/prod.yml'))).toBe('source: static');
    expect(await files.read('nothing.yml')).toBeUndefined();
    expect(await files.read('inventory/prod.yml/below')).toBeUndefined();
    expect(await files.list('inventory')).toEqual(['prod.yml']);
    expect(await files.list('nothing')).toEqual([]);
  });

  test('that cannot be read are an error, not nothing', async () => {
    await mkdir(join(root, 'adfpush.yml'));

    const errors = await errorsFromAsync(() => loadProject(new NodeProjectFiles(root), root, noSecrets()));

    expect(errors.map(textOf)).toEqual([
      '- Cannot read adfpush.yml: it is a directory; only regular files are read. | Put a regular file in its place.',
    ]);
  });
});
