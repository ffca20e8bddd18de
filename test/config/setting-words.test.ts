import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lint } from '../../src/check/lint/lint.js';
import { loadProject } from '../../src/config/project.js';
import { ofRollout, SettingWords } from '../../src/config/setting-words.js';
import { settingNames } from '../../src/model/settings.js';
import { loadInventory } from '../../src/inventory/inventory.js';
import { modules } from '../../src/modules/catalogue.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { checkWords } from '../../src/playbook/vars-files.js';
import { rolloutSchema } from '../../src/model/schema/rollout.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { noSecrets } from '../fakes/no-secrets.js';
import { errorsFromAsync, textOf } from '../stages/error-text.js';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../stages/temporary-folder.js';

type Files = Readonly<Record<string, string>>;

const static_ = 'source: static\nhosts: { web-1: { groups: [web] } }\n';
const deploy = '- hosts: web\n  tasks: [{ command: date }]\n';
const base: Files = { 'inventory/prod.yml': static_, 'playbooks/deploy.yml': deploy };

/** What a run says of a project before it does anything: `place message | hint`. */
async function said(given: Files): Promise<readonly string[]> {
  const files = new MemoryFiles({ ...base, ...given });
  const words = new SettingWords(files);
  const errors = await errorsFromAsync(async () => {
    const project = await loadProject(files, '/shop', noSecrets());
    await loadInventory(project, 'prod', () => {
      throw new Error('There is no cloud.');
    });
    await checkWords(await loadPlaybook(files, 'playbooks/deploy.yml', modules), words, files);
  });
  return errors.map(textOf);
}

/** Where variables of a project stand: the file, and its text with one more of them. */
const places: Readonly<Record<string, (line: string) => Files>> = {
  group_vars: (line) => ({ 'inventory/group_vars/web.yml': `${line}\n` }),
  'group_vars of all': (line) => ({ 'inventory/group_vars/all.yml': `${line}\n` }),
  host_vars: (line) => ({ 'inventory/host_vars/web-1.yml': `${line}\n` }),
  'adfpush.yml': (line) => ({ 'adfpush.yml': `vars:\n  ${line}\n` }),
  'vars of an environment': (line) => ({ 'inventory/prod.yml': `${static_}vars:\n  ${line}\n` }),
  'groups of an environment': (line) => ({
    'inventory/prod.yml': `${static_}groups:\n  web:\n    vars:\n      ${line}\n`,
  }),
  'a host': (line) => ({
    'inventory/prod.yml': `source: static\nhosts:\n  web-1:\n    groups: [web]\n    vars:\n      ${line}\n`,
  }),
  'vars of a play': (line) => ({
    'playbooks/deploy.yml': `- hosts: web\n  vars:\n    ${line}\n  tasks: [{ command: date }]\n`,
  }),
  vars_files: (line) => ({
    'playbooks/deploy.yml': '- hosts: web\n  vars_files: [vars/web.yml]\n  tasks: [{ command: date }]\n',
    'vars/web.yml': `${line}\n`,
  }),
};

const misspelt = [
  ['rolout', 'rollout'],
  ['rollouts', 'rollout'],
  ['verison', 'version'],
  ['Version', 'version'],
  ['helth', 'health'],
  ['heatlh', 'health'],
  ['imgae', 'image'],
  ['contianer', 'container'],
  ['target_group', 'target_groups'],
  ['targetgroups', 'target_groups'],
] as const;

describe.each(Object.entries(places))('%s', (_name, filesWith) => {
  it.each(misspelt)('with %s is refused at its place', async (word, meant) => {
    const files = filesWith(`${word}: { on_failure: restore }`);
    const [file = '', text = ''] = Object.entries(files).at(-1) ?? [];
    const lines = text.split('\n');
    const line = lines.findIndex((one) => one.includes(word));

    expect(await said(files)).toEqual([
      `${file}:${line + 1}:${(lines[line]?.indexOf(word) ?? 0) + 1} \`${word}\` is no setting, and no template or condition of the project uses such a variable. | Did you mean "${meant}"?`,
    ]);
  });

  it('with on_failure beside rollout is refused', async () => {
    expect(await said(filesWith('on_failure: restore'))).toEqual([
      expect.stringMatching(
        /`on_failure` has no effect here: it is a key of `rollout`\. \| Write rollout: \{ on_failure: … \}\.$/,
      ),
    ]);
  });

  it('may have a variable of any other name', async () => {
    expect(await said(filesWith('colour: red'))).toEqual([]);
  });
});

describe('a name that the project uses is a variable', () => {
  it.each<Files>([
    { 'templates/app.conf.hbs': '# {{ verison }}\n' },
    { 'roles/web/templates/a.conf': 'x={{#if verison}}1{{/if}}\n' },
    { 'deep/er/app.env': 'V={{{ verison }}}\n' },
    { 'inventory/group_vars/all.yml': 'app: "{{ verison }}"\n' },
    { 'playbooks/tasks/more.yml': '- debug: { var: verison }\n' },
    { 'playbooks/tasks/more.yml': '- command: date\n  when: verison == "2"\n' },
    { 'playbooks/tasks/more.yml': '- command: date\n  when:\n    - env == "prod" && verison.size() > 1\n' },
  ])('%o', async (files) => {
    expect(await said({ 'inventory/group_vars/web.yml': 'verison: 2\n', ...files })).toEqual([]);
  });

  it.each<Files>([
    { 'playbooks/tasks/more.yml': '# verison: 2\n- command: date\n' },
    { 'playbooks/tasks/more.yml': '- command: date # of verison\n' },
    { 'playbooks/tasks/more.yml': '- command: date\n  vars: { verison: 2 }\n' },
    { 'inventory/group_vars/db.yml': '# verison\nnote: the verison\n' },
    { 'templates/app.conf.hbs': 'verison={{ version }}\n' },
    { 'templates/app.conf.hbs': '{{ app.verison }} {{ my_verison }}\n' },
    { 'node_modules/x/a.hbs': '{{ verison }}\n', '.git/a.hbs': '{{ verison }}\n' },
  ])('not by %o', async (files) => {
    expect(await said({ 'inventory/group_vars/web.yml': 'verison: 2\n', ...files })).toHaveLength(1);
  });
});

it('every setting with two neighbouring letters swapped is refused, and none as it is', async () => {
  const swapped = fc
    .constantFrom(...settingNames)
    .chain((word) => fc.nat(word.length - 2).map((at) => ({ word, at })))
    .filter(({ word, at }) => word[at] !== word[at + 1])
    .map(({ word, at }) => word.slice(0, at) + (word[at + 1] ?? '') + (word[at] ?? '') + word.slice(at + 2));
  await fc.assert(
    fc.asyncProperty(swapped, async (word) => {
      expect(await said({ 'inventory/group_vars/web.yml': `"${word}": x\n` })).toHaveLength(1);
    }),
  );
  for (const word of settingNames)
    expect(await said({ 'inventory/group_vars/web.yml': `${word}: x\n` })).toEqual([]);
});

it('the keys of rollout that are refused beside it are keys of it', async () => {
  for (const key of ofRollout) {
    expect(await said({ 'inventory/group_vars/web.yml': `${key}: x\n` })).toHaveLength(1);
    expect(rolloutSchema.safeParse({ [key]: {} }).error?.issues[0]?.code).not.toBe('unrecognized_keys');
  }
});

it('lint tells all of them, each once', async () => {
  const folder = temporaryFolder('words');
  const files: Files = {
    ...base,
    'inventory/group_vars/web.yml':
      'image: r/web\ncontainer: { name: web }\ntarget_groups: none\nrolout: { bake: 1s }\nhelth: none\n',
    'playbooks/deploy.yml': '- hosts: web\n  vars: { verison: 2 }\n  tasks: [{ command: date }]\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }

  const { findings } = await lint({ project: folder, paths: [], extraVars: [] });

  expect(findings.map(({ file, line, code, severity }) => `${file}:${line} ${severity} ${code}`)).toEqual([
    'inventory/group_vars/web.yml:4 error config.misspelt_setting',
    'inventory/group_vars/web.yml:5 error config.misspelt_setting',
    'playbooks/deploy.yml:2 error config.misspelt_setting',
  ]);
});
