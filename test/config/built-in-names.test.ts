import { describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../src/check/check-playbook.js';
import { readExtraVars } from '../../src/cli/extra-vars.js';
import { loadProject } from '../../src/config/project.js';
import { failureNames } from '../../src/engine/task/task-arguments.js';
import { playVariables } from '../../src/engine/roll/play-variables.js';
import { loadInventory } from '../../src/inventory/inventory.js';
import { groupName } from '../../src/model/ids.js';
import { builtInVariables } from '../../src/model/variable-name.js';
import { addHost } from '../../src/modules/add-host.js';
import { modules } from '../../src/modules/catalogue.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { readVarsFile } from '../../src/playbook/vars-files.js';
import { hostLayer } from '../../src/run/magic-variables.js';
import { FakeFleet, makeInstance } from '../fakes/fake-fleet.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { noSecrets } from '../fakes/no-secrets.js';
import { errorsFromAsync, textOf } from '../stages/error-text.js';
import { complaints } from '../stages/loaded-playbook.js';
import { AdHocStage } from '../stages/ad-hoc-stage.js';

const environment = 'source: static\nhosts: { web-1: { groups: [web] } }\n';

const noCloud = (): never => {
  throw new Error('There is no cloud.');
};

/** Loads a project in whose files a variable is set. */
async function project(file: string, text: string): Promise<readonly string[]> {
  const files = new MemoryFiles({ 'inventory/prod.yml': environment, [file]: text });
  const errors = await errorsFromAsync(async () => {
    const read = await loadProject(files, '/home/me/shop', noSecrets());
    await loadInventory(read, 'prod', noCloud);
  });
  return errors.map(textOf);
}

const playbook = (keywords: string) => complaints(`- hosts: all\n  ${keywords}\n`);
const task = (keywords: string) => playbook(`tasks: [{ command: date, ${keywords} }]`);

/** What the check of a playbook says of a task, before any of it runs. */
async function checked(text: string): Promise<readonly string[]> {
  const files = new MemoryFiles({
    'playbook.yml': `- hosts: all\n  tasks:\n    - ${text}\n`,
    'x.yml': 'a: 1\n',
  });
  const [session] = await new AdHocStage({ files: { 'x.yml': 'a: 1\n' } }).sessions();
  const read = await loadPlaybook(files, 'playbook.yml', modules);
  return (await errorsFromAsync(() => checkPlaybook(read, [session!], () => [session!]))).map(textOf);
}

/** Every way to give a variable a value, with what it says against a name. */
const ways: Readonly<Record<string, (name: string) => Promise<readonly string[]>>> = {
  'adfpush.yml': (name) => project('adfpush.yml', `vars: { ${name}: x }`),
  'secrets of adfpush.yml': (name) => project('adfpush.yml', `secrets: [${name}]`),
  group_vars: (name) => project('inventory/group_vars/web.yml', `${name}: x`),
  host_vars: (name) => project('inventory/host_vars/web-1.yml', `${name}: x`),
  'vars of an environment': (name) => project('inventory/prod.yml', `${environment}vars: { ${name}: x }`),
  'groups of an environment': (name) =>
    project('inventory/prod.yml', `${environment}groups: { web: { vars: { ${name}: x } } }`),
  'a host of an environment': (name) =>
    project('inventory/prod.yml', `source: static\nhosts: { web-1: { vars: { ${name}: x } } }`),
  '-e word': async (name) => errorTexts(() => readExtraVars([`${name}=x`])),
  '-e json': async (name) => errorTexts(() => readExtraVars([`{"${name}": "x"}`])),
  'vars of a play': (name) => playbook(`vars: { ${name}: x }`),
  'vars of a task': (name) => task(`vars: { ${name}: x }`),
  vars_prompt: (name) => playbook(`vars_prompt: [{ name: ${name}, prompt: x }]`),
  vars_files: async (name) =>
    (
      await errorsFromAsync(() => readVarsFile(new MemoryFiles({ 'vars/x.yml': `${name}: x` }), 'vars/x.yml'))
    ).map(textOf),
  register: (name) => task(`register: ${name}`),
  loop_var: (name) => task(`loop: [1], loop_control: { loop_var: ${name} }`),
  index_var: (name) => task(`loop: [1], loop_control: { index_var: ${name} }`),
  set_fact: (name) => checked(`set_fact: { ${name}: x }`),
  include_vars: (name) => checked(`include_vars: { file: x.yml, name: ${name} }`),
};

const errorTexts = (act: () => unknown): Promise<readonly string[]> =>
  errorsFromAsync(async () => Promise.resolve(act())).then((errors) => errors.map(textOf));

/** Every way to put a host into a group, or to give variables to one. */
const groupings: Readonly<Record<string, (group: string) => Promise<readonly string[]>>> = {
  'groups: [x]': (group) =>
    project('inventory/prod.yml', `source: static\nhosts: { a: { groups: [${group}] } }\n`),
  'groups: x,y': (group) =>
    project('inventory/prod.yml', `source: static\nhosts: { a: { groups: 'b,${group}' } }\n`),
  'the tag of an instance': async (group) => {
    const text = "source: aws_ec2\naccount: '123456789012'\nregions: [eu-west-1]\n";
    const read = await loadProject(new MemoryFiles({ 'inventory/prod.yml': text }), '/shop', noSecrets());
    const instance = makeInstance('i-1', { tags: { DeployGroup: `api,${group}` } });
    const fleet = new FakeFleet({ 'eu-west-1': [instance] });
    return (await errorsFromAsync(() => loadInventory(read, 'prod', () => fleet))).map(textOf);
  },
};

describe.each(Object.entries(groupings))('%s', (_way, refused) => {
  it.each(['all', 'ungrouped', '_meta'])('cannot be the group %s', async (group) => {
    const said = await refused(group);

    expect(said).toHaveLength(1);
    expect(said[0]).toContain('built in');
  });

  it('can be another group', async () => {
    expect(await refused('web')).toEqual([]);
  });
});

it.each(['ungrouped', '_meta'])(
  'no variables can be given to the group %s, nor a host be added to it',
  async (group) => {
    const vars = `${environment}groups: { ${group}: { vars: { a: 1 } } }\n`;

    expect(await project('inventory/prod.yml', vars)).toEqual([expect.stringContaining('built in')]);
    expect(addHost.schema.safeParse({ name: 'web9', groups: [group] }).error?.issues[0]?.message).toContain(
      'built in',
    );
  },
);

it('variables can be given to the group all', async () => {
  expect(await project('inventory/prod.yml', `${environment}groups: { all: { vars: { a: 1 } } }\n`)).toEqual(
    [],
  );
});

describe.each(Object.entries(ways))('%s', (_way, refused) => {
  it.each([...builtInVariables])('cannot set %s', async (name) => {
    const said = await refused(name);

    expect(said).toHaveLength(1);
    expect(said[0]).toContain('is a built-in variable');
  });

  it('can set another name', async () => {
    expect(await refused('colour')).toEqual([]);
  });
});

it('no variable of an added host has a built-in name that is no word of add_host', () => {
  const own = ['host', 'group', 'groups'];
  const said = [...builtInVariables]
    .filter((name) => !own.includes(name))
    .filter((name) => addHost.schema.safeParse({ name: 'web9', [name]: 'x' }).success);

  expect(said).toEqual([]);
});

it('tells the place of the name in its file', async () => {
  expect(await project('inventory/group_vars/web.yml', 'colour: red\nenv: prod\n')).toEqual([
    'inventory/group_vars/web.yml:2:1 "env" is a built-in variable, which cannot be set: take another name.',
  ]);
});

it('every name that a host has before its first task is built in, or of its inventory', async () => {
  const files = new MemoryFiles({ 'inventory/prod.yml': environment });
  const read = await loadProject(files, '/home/me/shop', noSecrets());
  const inventory = await loadInventory(read, 'prod', noCloud);
  const [host] = inventory.hosts;
  const [session] = await new AdHocStage().sessions();
  const web = groupName('web');
  const layers = [...inventory.layersFor(host!, web), hostLayer(host!, web, session!.run, inventory)];
  const names = [
    ...layers.filter(({ name }) => name !== 'packaged defaults').flatMap(({ values }) => Object.keys(values)),
    ...Object.keys(playVariables({ name: 'p', at: { file: 'p.yml' } }, []).values),
    ...failureNames,
  ];

  expect(names.filter((name) => !builtInVariables.has(name))).toEqual([]);
});
