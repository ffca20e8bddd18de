import { describe, expect, it } from 'vitest';
import { addHost } from '../../src/modules/add-host.js';

describe('the arguments of add_host', () => {
  it.each([
    [
      { name: 'web9', groups: ['new', 'api'] },
      { name: 'web9', groups: ['new', 'api'], variables: {} },
    ],
    [
      { hostname: 'web9:2222', group: 'new, api,' },
      { name: 'web9', port: 2222, groups: ['new', 'api'] },
    ],
    [
      { host: 9, groupname: ['all', 'new', 'new'] },
      { name: '9', groups: ['new'] },
    ],
    [
      { name: 'a', ansible_host: '10.0.0.9', ansible_port: '22', role: 'x' },
      {
        address: '10.0.0.9',
        port: 22,
        variables: { ansible_host: '10.0.0.9', ansible_port: '22', role: 'x' },
      },
    ],
    [
      { name: 'a', address: 'b', port: 23 },
      { address: 'b', port: 23, variables: {} },
    ],
    [
      { name: 'a', ansible_user: 'ann', ansible_ssh_private_key_file: '~/.ssh/a', ssh: { user: 'bob' } },
      { ssh: { user: 'bob', identity_file: '~/.ssh/a' } },
    ],
    [
      { name: 'a', ansible_connection: 'local' },
      { isLocal: true, ssh: {} },
    ],
  ])('%j', (args, added) => {
    expect(addHost.schema.parse(args)).toMatchObject(added);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ groups: 'new' }, 'name'],
    [{ name: 'a', groups: ['b', '!c'] }, 'groups.1'],
    [{ name: 'a', address: '-oProxyCommand=x' }, 'address'],
    [{ name: 'a', port: 0 }, 'port'],
    [{ name: 'a:22', 'no name': 1 }, 'no name'],
    [{ name: 'a', ansible_ssh_pass: 'x' }, 'ansible_ssh_pass'],
    [{ name: 'a', ssh: 'user=b' }, 'ssh'],
  ])('are refused: %j', (args, path) => {
    const { error } = addHost.schema.safeParse(args);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});
