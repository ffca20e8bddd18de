import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { formatPlace } from '../../src/model/source.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { directory } from '../stages/loaded-playbook.js';

/** All that is wrong with `site.yml` of these files, as a user reads it: `file:line:column code: message | hint`. */
async function complaints(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  try {
    await loadPlaybook(new MemoryFiles(files), 'site.yml', directory);
    return [];
  } catch (thrown) {
    return errorsOf(thrown).map(({ at, code, message, hint }) => {
      const place = at === undefined ? '' : `${formatPlace(at)} `;
      return `${place}${code}: ${message}${hint === undefined ? '' : ` | ${hint}`}`;
    });
  }
}

const tasks = (text: string): string => `- hosts: all\n  tasks:\n${text.trim().replaceAll(/^/gm, '    ')}\n`;

describe('what is wrong with an import or an include', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    [
      'a file that is not there',
      { 'site.yml': tasks('- import_tasks: setup.yml'), 'setp.yml': '' },
      'site.yml:3:21 playbook.tasks_not_found: there is no file of tasks "setup.yml" | Did you mean "setp.yml"? It was looked for as setup.yml.',
    ],
    [
      'an include of one',
      { 'site.yml': tasks('- include_tasks: { file: parts/setup.yml }') },
      'site.yml:3:30 playbook.tasks_not_found: there is no file of tasks "parts/setup.yml" | It was looked for as parts/setup.yml.',
    ],
    [
      'a loop on an import',
      { 'site.yml': tasks('- import_tasks: a.yml\n  loop: [1]'), 'a.yml': '' },
      'site.yml:4:7 playbook.loop_on_import: "loop" cannot be on import_tasks: it is read once, before there are variables | Use include_tasks, which runs for each item.',
    ],
    [
      'a template as the path of an import',
      { 'site.yml': tasks('- import_tasks: "{{ os }}.yml"') },
      'site.yml:3:21 playbook.wrong_value: "import_tasks" must be the path of a file of tasks, not "{{ os }}.yml" | It is read before there are variables: use include_tasks.',
    ],
    [
      'a file that imports itself by way of another',
      {
        'site.yml': tasks('- import_tasks: a.yml'),
        'a.yml': '- import_tasks: b.yml\n',
        'b.yml': '- shell: b\n- import_tasks: a.yml\n',
      },
      'b.yml:2:17 playbook.import_cycle: a.yml imports itself: a.yml imports b.yml imports a.yml | Take one of these imports out.',
    ],
    [
      'a playbook where tasks should be',
      { 'site.yml': tasks('- include_tasks: a.yml'), 'a.yml': '- hosts: all\n' },
      'a.yml:1:3 playbook.unknown_module: unknown module or keyword "hosts" | That belongs to a play: begin it with "- hosts:" at the left margin.',
    ],
    [
      'a file that is no list',
      { 'site.yml': tasks('- include_tasks: a.yml'), 'a.yml': 'shell: date\n' },
      'a.yml:1:1 playbook.wrong_value: "a.yml" must be a list of tasks, not a mapping | Begin each task with a dash: "- shell: uptime".',
    ],
    [
      'a tab in it',
      { 'site.yml': tasks('- include_tasks: a.yml'), 'a.yml': '- shell: date\n\twhen: true\n' },
      'a.yml:2:1 config.yaml_syntax: This is not valid YAML: a tab stands in the indentation. | Indent with spaces.',
    ],
    [
      'a keyword of a task',
      { 'site.yml': tasks('- import_tasks: a.yml\n  register: x'), 'a.yml': '' },
      'site.yml:4:7 playbook.unknown_keyword: unknown keyword "register" in import_tasks | import_tasks does not run itself: write register on the tasks that it imports.',
    ],
    [
      'a handler that is not there',
      { 'site.yml': tasks('- include_tasks: a.yml'), 'a.yml': '- shell: date\n  notify: restart\n' },
      'a.yml:2:11 playbook.unknown_handler: no handler of the play has the name "restart" or listens to it | Add it below "handlers:".',
    ],
    [
      'a block as a handler',
      { 'site.yml': '- hosts: all\n  handlers:\n    - block: [{ shell: date }]\n' },
      'site.yml:3:7 playbook.wrong_value: "handler" must be a task, not a block | Let each of its tasks listen to the same word: "listen: restart all".',
    ],
  ])('%s', async (_, files, expected) => {
    expect(await complaints(files)).toEqual([expected]);
  });

  it('is not that a file is imported twice, or is empty', async () => {
    const files = {
      'site.yml': tasks('- import_tasks: a.yml\n- import_tasks: a.yml\n- include_tasks: empty.yml'),
      'a.yml': '- shell: a\n',
      'empty.yml': '',
    };
    expect(await complaints(files)).toEqual([]);
  });
});

describe('what is wrong with a role', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    [
      'that it is not there',
      { 'site.yml': '- hosts: all\n  roles: [ngnix]\n', 'roles/nginx/tasks/main.yml': '' },
      'site.yml:2:11 role.not_found: there is no role "ngnix" | Did you mean "nginx"? It was looked for in roles/ngnix.',
    ],
    [
      'that an include names none',
      { 'site.yml': tasks('- include_role: { name: web }') },
      'site.yml:3:29 role.not_found: there is no role "web" | It was looked for in roles/web.',
    ],
    [
      'that it depends on itself',
      {
        'site.yml': '- hosts: all\n  roles: [a]\n',
        'roles/a/meta/main.yml': 'dependencies: [b]\n',
        'roles/b/meta/main.yml': 'dependencies:\n  - role: a\n',
      },
      'roles/b/meta/main.yml:2:11 role.cycle: roles/a depends on itself: roles/a depends on roles/b depends on roles/a | Take one of these dependencies out.',
    ],
    [
      'that a file is missing',
      {
        'site.yml': tasks('- import_role: { name: a, tasks_from: instal }'),
        'roles/a/tasks/install.yml': '',
      },
      'site.yml:3:28 role.file_not_found: the role "a" has no file "instal" in its tasks | There are: install.yml.',
    ],
    [
      'a variable that stands beside its name',
      { 'site.yml': '- hosts: all\n  roles: [{ role: a, port: 80 }]\n', 'roles/a/tasks/main.yml': '' },
      'site.yml:2:22 role.parameter: unknown keyword "port" of the role "a" | Set ssh: { port: … } in the inventory. A variable of the role goes below vars: { role: a, vars: { port: … } }.',
    ],
    [
      'a misspelt keyword',
      { 'site.yml': '- hosts: all\n  roles: [{ role: a, whem: true }]\n', 'roles/a/tasks/main.yml': '' },
      'site.yml:2:22 role.parameter: unknown keyword "whem" of the role "a" | Did you mean "when"?',
    ],
    [
      'a template as its name',
      { 'site.yml': '- hosts: all\n  roles: ["{{ a }}"]\n' },
      'site.yml:2:11 role.template: "name" of a list of roles cannot be a template: it is read before there are variables | Use include_role, which is read while the playbook runs.',
    ],
    [
      'a misspelt word in its meta',
      { 'site.yml': '- hosts: all\n  roles: [a]\n', 'roles/a/meta/main.yml': 'dependancies: []\n' },
      'roles/a/meta/main.yml:1:1 playbook.unknown_keyword: unknown keyword "dependancies" in roles/a/meta/main.yml | Did you mean "dependencies"?',
    ],
    [
      'variables that are none',
      { 'site.yml': '- hosts: all\n  roles: [a]\n', 'roles/a/defaults/main.yml': '- port\n' },
      'roles/a/defaults/main.yml:1:1 config.invalid_value: This must be a mapping, not a list.',
    ],
    [
      'a duplicate key in them',
      { 'site.yml': '- hosts: all\n  roles: [a]\n', 'roles/a/vars/main.yml': 'a: 1\na: 2\n' },
      'roles/a/vars/main.yml:2:1 config.duplicate_key: The key "a" stands here twice, first at roles/a/vars/main.yml:1:1. | Keep one of the two.',
    ],
  ])('%s', async (_, files, expected) => {
    expect(await complaints(files)).toEqual([expected]);
  });
});
