import { describe, expect, test } from 'vitest';
import { loadProject } from '../../src/config/project.js';
import { Variables } from '../../src/expression/variables.js';
import { ansibleDocument, inventoryDocument } from '../../src/inventory/documents.js';
import { loadInventory, type Inventory } from '../../src/inventory/inventory.js';
import { errorsFromAsync, textOf } from '../stages/error-text.js';
import { FakeFleet } from '../fakes/fake-fleet.js';
import { noSecrets } from '../fakes/no-secrets.js';
import { MemoryFiles } from '../fakes/memory-files.js';

const none = (): never => {
  throw new Error('a static inventory without an account asks no cloud');
};

const load = async (files: Record<string, string>): Promise<Inventory> =>
  loadInventory(await loadProject(new MemoryFiles(files), '/shop', noSecrets()), 'lab', none);

describe('source: static', () => {
  test('a host is what its file says, with the connection settings of all levels', async () => {
    const inventory = await load({
      'adfpush.yml': 'ssh: { user: root, port: 22, identity_file: key }\ndocker: { sudo: true }',
      'inventory/lab.yml': [
        'source: static',
        'region: eu-west-1',
        'ssh: { user: deploy }',
        'hosts:',
        '  web-1: { address: 10.0.0.1, port: 2222, groups: [web, api], zone: a, target_ids: [i-1], ssh: { identity_file: other } }',
        '  web.example.com:',
      ].join('\n'),
    });

    expect(inventory.hosts).toEqual([
      {
        id: 'web-1',
        name: 'web-1',
        environment: 'lab',
        groups: ['api', 'web'],
        address: '10.0.0.1',
        targetIds: ['i-1', '10.0.0.1'],
        zone: 'a',
        region: 'eu-west-1',
        ssh: { user: 'deploy', port: 2222, identityFile: 'other' },
        docker: { sudo: true },
        facts: { zone: 'a', region: 'eu-west-1' },
      },
      {
        id: 'web.example.com',
        name: 'web.example.com',
        environment: 'lab',
        groups: [],
        address: 'web.example.com',
        targetIds: [],
        region: 'eu-west-1',
        ssh: { user: 'deploy', port: 22, identityFile: 'key' },
        docker: { sudo: true },
        facts: { region: 'eu-west-1' },
      },
    ]);
    expect(inventory.access).toEqual({ regions: ['eu-west-1'] });
  });

  test('an account in it is verified first', async () => {
    const project = await loadProject(
      new MemoryFiles({
        'inventory/lab.yml': 'source: static\nregion: eu-west-1\naccount: "123456789012"\nhosts: [a]',
      }),
      '/shop',
      noSecrets(),
    );

    const errors = await errorsFromAsync(() =>
      loadInventory(project, 'lab', () => new FakeFleet({}, '999999999999')),
    );

    expect(errors.map(({ code }) => code)).toEqual(['inventory.wrong_account']);
  });

  test('no hosts are refused', async () => {
    const errors = await errorsFromAsync(() => load({ 'inventory/lab.yml': 'source: static\nhosts: {}' }));

    expect(errors.map(textOf)).toEqual([
      '- The environment "lab" has no hosts: looked for the hosts listed in inventory/lab.yml. | List at least one host under `hosts`.',
    ]);
  });
});

describe('variables', () => {
  /** Every level says its own name in `level`, and in a variable of its own. */
  const levels = {
    'adfpush.yml': 'vars: { level: project, image: project }',
    'inventory/group_vars/all.yml': 'level: all',
    'inventory/group_vars/api.yml': 'level: api',
    'inventory/lab.yml': [
      'source: static',
      'vars: { level: environment }',
      'groups: { all: { vars: { level: environment-all } }, api: { vars: { level: environment-api } } }',
      'hosts: { a: { groups: [api], zone: z, vars: { level: entry } } }',
    ].join('\n'),
    'inventory/host_vars/a.yml': 'level: host',
  };

  test('lie on one another in the documented order', async () => {
    const inventory = await load(levels);
    const [host] = inventory.hosts;

    expect(inventory.layersFor(host!).map(({ name }) => name)).toEqual([
      'packaged defaults',
      'adfpush.yml',
      'secrets of adfpush.yml',
      'group_vars/all',
      'group_vars/api',
      'inventory/lab.yml',
      'inventory/lab.yml groups.all',
      'inventory/lab.yml groups.api',
      'facts',
      'inventory/lab.yml hosts',
      'host_vars/a',
    ]);
    expect(Variables.of(inventory.layersFor(host!)).get('level')).toBe('host');
    expect(Variables.of(inventory.groupLayers('api')).get('level')).toBe('environment-api');
    expect(Variables.of(inventory.layersFor(host!)).origin('level')).toEqual({
      layer: 'host_vars/a',
      at: { file: 'inventory/host_vars/a.yml', line: 1, column: 8 },
    });
  });

  test('what the source knows is data under fixed names', async () => {
    const inventory = await load(levels);
    const [host] = inventory.hosts;

    const facts = inventory.layersFor(host!, 'api').find(({ name }) => name === 'facts');

    expect(facts).toEqual({
      name: 'facts',
      literal: true,
      values: {
        env: 'lab',
        inventory_hostname: 'a',
        host_id: 'a',
        host_address: 'a',
        group_names: ['api'],
        group: 'api',
        zone: 'z',
      },
    });
  });

  test('of a deployed group win over those of the other groups, and what makes a group comes from it alone', async () => {
    const inventory = await load({
      'inventory/group_vars/api.yml': 'image: api\nsize: 1\ncontainer: { name: api }',
      'inventory/group_vars/worker.yml':
        'image: worker\nsize: 2\nqueue: q\nhealth: { port: 1 }\ncontainers: []',
      'inventory/lab.yml': 'source: static\nhosts: { a: { groups: [api, worker] } }',
    });
    const variables = (group?: string) => Variables.of(inventory.layersFor(inventory.hosts[0]!, group));

    expect(['image', 'size', 'queue', 'health'].map((name) => variables('api').get(name))).toEqual([
      'api',
      1,
      'q',
      'none',
    ]);
    expect(variables('api').get('containers')).toEqual([{ name: 'api' }]);
    expect(['image', 'size'].map((name) => variables('worker').get(name))).toEqual(['worker', 2]);
    expect(['image', 'size'].map((name) => variables().get(name))).toEqual(['worker', 2]);
  });
});

describe('documents', () => {
  const files = {
    'inventory/lab.yml':
      'source: static\nssh: { user: root }\nhosts: { b: { address: 10.0.0.2, port: 22, groups: [api, web] }, a: { groups: [api] }, c: }',
  };

  test('the inventory as JSON', async () => {
    expect(inventoryDocument(await load(files))).toEqual({
      environment: 'lab',
      lookedFor: 'the hosts listed in inventory/lab.yml',
      groups: { api: ['a', 'b'], web: ['b'] },
      hosts: [
        { id: 'a', name: 'a', address: 'a', groups: ['api'], facts: {} },
        { id: 'b', name: 'b', address: '10.0.0.2', groups: ['api', 'web'], facts: {} },
        { id: 'c', name: 'c', address: 'c', groups: [], facts: {} },
      ],
    });
  });

  test('the inventory as Ansible reads it', async () => {
    expect(ansibleDocument(await load(files), ({ name }) => ({ called: name }))).toEqual({
      all: { children: ['api', 'web', 'ungrouped'] },
      api: { hosts: ['a', 'b'] },
      web: { hosts: ['b'] },
      ungrouped: { hosts: ['c'] },
      _meta: {
        hostvars: {
          a: { called: 'a', ansible_host: 'a', ansible_user: 'root' },
          b: { called: 'b', ansible_host: '10.0.0.2', ansible_port: 22, ansible_user: 'root' },
          c: { called: 'c', ansible_host: 'c', ansible_user: 'root' },
        },
      },
    });
  });

  test('Ansible is told all that ssh needs to reach a host as adfpush does', async () => {
    const odd = {
      'inventory/lab.yml': [
        'source: static',
        'ssh: { config_file: ssh_config, known_hosts_file: known_hosts, connect_timeout: 1500ms, proxy_jump: [a, b] }',
        `hosts: { x: { ssh: { proxy_command: "sh -c 'nc %h %p'", strict_host_key_checking: accept-new } } }`,
      ].join('\n'),
    };

    const { _meta } = ansibleDocument(await load(odd), () => ({}));

    expect(_meta.hostvars['x']).toEqual({
      ansible_host: 'x',
      ansible_ssh_common_args:
        `-F ssh_config -o 'ProxyCommand=sh -c '"'"'nc %h %p'"'"'' -o UserKnownHostsFile=known_hosts ` +
        '-o StrictHostKeyChecking=accept-new -o ConnectTimeout=2',
    });
  });
});
