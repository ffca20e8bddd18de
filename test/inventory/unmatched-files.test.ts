import { describe, expect, it } from 'vitest';
import { loadProject } from '../../src/config/project.js';
import { loadInventory } from '../../src/inventory/inventory.js';
import { unmatchedFiles } from '../../src/inventory/unmatched-files.js';
import { FakeFleet, makeInstance } from '../fakes/fake-fleet.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { noSecrets } from '../fakes/no-secrets.js';
import { textOf } from '../stages/error-text.js';
import { FleetStage } from '../stages/fleet-stage.js';

type Files = Readonly<Record<string, string>>;

const cloud = "source: aws_ec2\naccount: '123456789012'\nregions: [eu-west-1]\n";
const listing = (groups: string): string => `source: static\nhosts: { web-1: { groups: [${groups}] } }\n`;
const empty = (...paths: string[]): Files =>
  Object.fromEntries(paths.map((path) => [`inventory/${path}.yml`, 'a: 1\n']));

/** `file:line:column name`: what is warned of, with the name in quotes. */
async function warnings(given: Files, listed?: string): Promise<readonly string[]> {
  const files = new MemoryFiles(given);
  const found = await unmatchedFiles(files, listed === undefined ? undefined : await opened(files, listed));
  return found.map((warning) => textOf(warning).replace(/(\S+) [^"]*("[^"]*").*/, '$1 $2'));
}

async function opened(files: MemoryFiles, environment: string) {
  const project = await loadProject(files, '/shop', noSecrets());
  const tags = { Name: 'web-1', DeployGroup: 'web' };
  const fleet = new FakeFleet({ 'eu-west-1': [makeInstance('i-1', { tags })] });
  const inventory = await loadInventory(project, environment, () => fleet);
  return { file: await project.environment(environment), inventory };
}

const group = (name: string): string => `inventory/group_vars/${name}.yml:1:1 "${name}"`;
const host = (name: string): string => `inventory/host_vars/${name}.yml:1:1 "${name}"`;

describe('files of variables that match nothing', () => {
  it.each<[what: string, files: Files, listed: string | undefined, warned: readonly string[]]>([
    [
      'all of one environment match',
      { 'inventory/a.yml': listing('web'), ...empty('group_vars/web', 'group_vars/all', 'host_vars/web-1') },
      'a',
      [],
    ],
    [
      'none of one environment match',
      {
        'inventory/a.yml': listing('web'),
        ...empty('group_vars/wbe', 'group_vars/other', 'host_vars/web-2'),
      },
      'a',
      [group('other'), group('wbe'), host('web-2')],
    ],
    [
      'lint knows them, too',
      { 'inventory/a.yml': listing('web'), ...empty('group_vars/wbe', 'host_vars/web-2') },
      undefined,
      [group('wbe'), host('web-2')],
    ],
    [
      'built-in words that are no groups',
      { 'inventory/a.yml': listing('web'), ...empty('group_vars/ungrouped', 'group_vars/_meta') },
      'a',
      [group('_meta'), group('ungrouped')],
    ],
    [
      'a group of another environment',
      {
        'inventory/a.yml': listing('web'),
        'inventory/b.yml': listing('other'),
        ...empty('group_vars/other'),
      },
      'a',
      [],
    ],
    [
      'a group of no environment',
      {
        'inventory/a.yml': listing('web'),
        'inventory/b.yml': listing('other'),
        ...empty('group_vars/third'),
      },
      'a',
      [group('third')],
    ],
    [
      'a group that may be in the cloud',
      {
        'inventory/a.yml': listing('web'),
        'inventory/b.yml': cloud,
        ...empty('group_vars/other', 'host_vars/other'),
      },
      'a',
      [],
    ],
    [
      'a near miss beside an environment in the cloud',
      { 'inventory/a.yml': listing('web'), 'inventory/b.yml': cloud, ...empty('group_vars/webb') },
      'a',
      [group('webb')],
    ],
    [
      'a numbered group beside an environment in the cloud',
      { 'inventory/a.yml': listing('web1'), 'inventory/b.yml': cloud, ...empty('group_vars/web2') },
      'a',
      [],
    ],
    [
      'a group that the file of the cloud names',
      {
        'inventory/a.yml': listing('web'),
        'inventory/b.yml': `${cloud}groups: { webb: {} }\n`,
        ...empty('group_vars/webb'),
      },
      'a',
      [],
    ],
    [
      'the only environment is in the cloud, and listed',
      {
        'inventory/a.yml': cloud,
        ...empty('group_vars/web', 'group_vars/other', 'host_vars/i-1', 'host_vars/i-2'),
      },
      'a',
      [group('other'), host('i-2')],
    ],
    [
      'the only environment is in the cloud, and lint does not list it',
      { 'inventory/a.yml': cloud, ...empty('group_vars/other', 'host_vars/i-2') },
      undefined,
      [],
    ],
    [
      'a group in an environment without such hosts',
      {
        'inventory/a.yml': `${listing('web')}groups:\n  all: {}\n  web: {}\n  other: {}\n`,
        ...empty('group_vars/other'),
      },
      'a',
      [group('other'), 'inventory/a.yml:6:3 "other"'],
    ],
    [
      'a group of another environment, in the file of this one',
      { 'inventory/a.yml': `${listing('web')}groups:\n  other: {}\n`, 'inventory/b.yml': listing('other') },
      'a',
      ['inventory/a.yml:4:3 "other"'],
    ],
    [
      'a playbook that adds hosts',
      {
        'inventory/a.yml': listing('web'),
        'playbooks/x/y.yml': '- hosts: all\n  tasks: [{ add_host: { name: n, groups: new } }]\n',
        ...empty('group_vars/new', 'group_vars/wbe', 'host_vars/n'),
      },
      'a',
      [group('wbe')],
    ],
    [
      'another environment that is wrong',
      { 'inventory/a.yml': listing('web'), 'inventory/b.yml': '- no\n', ...empty('group_vars/other') },
      'a',
      [],
    ],
    [
      'service URLs are no environment',
      {
        'inventory/a.yml': listing('web'),
        'inventory/endpoints.yml': 'a: []\n',
        ...empty('group_vars/other'),
      },
      'a',
      [group('other')],
    ],
  ])('%s', async (_what, files, listed, warned) => {
    expect(await warnings(files, listed)).toEqual(warned);
  });
});

it('they are told by plan, deploy and status, and do not stop them', async () => {
  const stage = new FleetStage({ files: { 'inventory/group_vars/apii.yml': 'a: 1\n' } });
  const warning =
    'inventory/group_vars/apii.yml:1:1: These are variables of a group "apii", and no host that is known is in it. Did you mean "api"?';

  const result = await stage.deploy();

  expect(result.exit).toBe(0);
  expect(result.warnings).toContain(warning);
  expect(stage.told('warning').map(({ message }) => message)).toContain(warning);
});
