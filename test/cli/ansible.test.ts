import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { adfpush, program, projectOf } from '../stages/adfpush.js';

const isInstalled = spawnSync('ansible-inventory', ['--version']).status === 0;
if (!isInstalled) console.warn('*** Left out: the real Ansible is not installed (Debian: ansible-core). ***');

const files = {
  'inventory/lab.yml': `source: static
hosts:
  api-1: { address: 127.0.0.1, groups: [api], zone: a, vars: { colour: red, "ports": [1, 2] } }
  api-2: { address: 127.0.0.2, groups: [api, canary], ssh: { user: deployer, port: 2222, proxy_jump: bastion } }
  odd-1: { address: 127.0.0.3 }
vars: { greeting: "it's {{ env }}" }
`,
  'inventory/group_vars/api.yml': 'level: group\nnested: { a: [1, { b: c }], yes: true }\n',
};

/** Ansible makes these itself, and does not list them. */
const withoutMagic = (variables: object): object =>
  Object.fromEntries(
    Object.entries(variables).filter(([name]) => !['group_names', 'inventory_hostname'].includes(name)),
  );

interface Document {
  readonly _meta: { readonly hostvars: Readonly<Record<string, object>> };
  readonly [group: string]: unknown;
}

describe.skipIf(!isInstalled)('the real Ansible', () => {
  let script: string;
  let ours: Document;
  beforeAll(async () => {
    const project = await projectOf(files);
    script = join(temporaryFolder('ansible'), 'inventory.sh');
    writeFileSync(
      script,
      `#!/bin/sh\nexec '${process.execPath}' '${program}' inventory list --project '${project}' --env lab --ansible\n`,
    );
    chmodSync(script, 0o755);
    const { stdout } = await adfpush(['inventory', 'list', '--env', 'lab', '--ansible'], project);
    ours = JSON.parse(stdout) as Document;
  });

  const read = async (name: string, args: readonly string[]): Promise<string> => {
    const { stdout } = await execa(name, ['-i', script, ...args], {
      env: { ANSIBLE_NOCOLOR: '1', LC_ALL: 'C.UTF-8', ANSIBLE_DEPRECATION_WARNINGS: '0' },
    });
    return stdout;
  };

  it('reads the same hosts, groups and variables', async () => {
    const theirs = JSON.parse(await read('ansible-inventory', ['--list'])) as Document;
    expect(theirs._meta.hostvars).toEqual(
      Object.fromEntries(
        Object.entries(ours._meta.hostvars).map(([host, variables]) => [host, withoutMagic(variables)]),
      ),
    );
    expect(theirs['api']).toEqual({ hosts: ['api-1', 'api-2'] });
    expect(theirs['canary']).toEqual({ hosts: ['api-2'] });
    expect(theirs['ungrouped']).toEqual({ hosts: ['odd-1'] });
  });

  it.each([
    ['api:&canary', ['api-2']],
    ['all:!api', ['odd-1']],
  ])('means the same hosts by %s', async (pattern, hosts) => {
    const listed = await read('ansible', [pattern, '--list-hosts']);
    const { stdout } = await adfpush(
      ['inventory', 'list', '--env', 'lab', '--limit', pattern, '--json'],
      await projectOf(files),
    );
    const own = JSON.parse(stdout) as { readonly hosts: readonly { readonly name: string }[] };
    expect(
      listed
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual(hosts);
    expect(own.hosts.map(({ name }) => name)).toEqual(hosts);
  });

  it('runs on a host with its variables', async () => {
    const printed = await read('ansible', [
      'api-2',
      '-m',
      'debug',
      '-a',
      'msg={{ greeting }}:{{ nested.a[1].b }}',
    ]);
    expect(printed).toContain(`"msg": "it's lab:c"`);
  });

  it("answers for one host what Ansible's protocol asks for", async () => {
    const own = JSON.parse(await read('ansible-inventory', ['--host', 'api-1'])) as object;
    expect(own).toMatchObject({ colour: 'red', level: 'group', ansible_host: '127.0.0.1' });
  });
});
