import { describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../src/check/check-playbook.js';
import { errorsOf } from '../../src/errors/adf-error.js';
import { formatPlace } from '../../src/model/source.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { modules } from '../../src/modules/catalogue.js';
import { AdHocStage } from '../stages/ad-hoc-stage.js';
import { MemoryFiles } from '../fakes/memory-files.js';

/** What is found wrong with `playbook.yml` of these files before it runs, for two hosts whose `colour` is blue. */
async function found(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const stage = new AdHocStage({ hosts: 2, files });
  const sessions = await stage.sessions();
  try {
    const playbook = await loadPlaybook(new MemoryFiles(files), 'playbook.yml', modules);
    await checkPlaybook(playbook, sessions, () => sessions);
    return [];
  } catch (thrown) {
    return errorsOf(thrown).map(({ at, code }) => `${at === undefined ? '' : formatPlace(at)} ${code}`);
  }
}

const tasks = (text: string): string => `- hosts: all\n  tasks:\n${text.trim().replaceAll(/^/gm, '    ')}\n`;

describe('before a playbook runs', () => {
  it('what it includes is checked for each item, as far as that is known', async () => {
    const inner = '- shell: echo {{ part }} {{ n }}\n- uri: { port: "{{ part }}" }\n  when: part != "c"\n';
    const include = (items: string, before = ''): string =>
      tasks(
        `${before}- include_tasks: inner.yml\n  loop: ${items}\n  loop_control: { loop_var: part, index_var: n }\n  when: part != "b"`,
      );
    expect(await found({ 'playbook.yml': include('[80, b, c]'), 'inner.yml': inner })).toEqual([]);
    expect(await found({ 'playbook.yml': include('[80, http]'), 'inner.yml': inner })).toEqual([
      'inner.yml:2:16 playbook.arguments',
    ]);
    const later = include('"{{ which.stdout_lines }}"', '- shell: which\n  register: which\n');
    expect(await found({ 'playbook.yml': later, 'inner.yml': `${inner}- shell: "{{ gone }}"\n` })).toEqual([
      'inner.yml:4:14 expression.unknown_variable',
    ]);
  });

  it('names that included tasks set are known after them', async () => {
    const files = {
      'playbook.yml': tasks(`
- include_tasks: sets.yml
- shell: "{{ version }} {{ made.stdout }}"
  when: version != '1' && made.rc == 0
- include_tasks: other.yml
  when: colour == 'red'
`),
      'sets.yml': '- set_fact: { version: "2" }\n- shell: make\n  register: made\n',
      'other.yml': '- shell: "{{ gone }}"\n',
    };
    expect(await found(files)).toEqual([]);
  });

  it('a file whose name is known for the hosts is checked too', async () => {
    const playbook = tasks('- include_tasks: "{{ colour }}.yml"');
    expect(await found({ 'playbook.yml': playbook, 'blue.yml': '- shell: "{{ gone }}"\n' })).toEqual([
      'blue.yml:1:14 expression.unknown_variable',
    ]);
    expect(await found({ 'playbook.yml': playbook, 'red.yml': '' })).toEqual([
      'playbook.yml:3:22 playbook.tasks_not_found',
    ]);
  });

  it('after a file whose name is not known yet, any name may have been set', async () => {
    const files = {
      'playbook.yml': tasks(`
- shell: which
  register: which
- include_tasks: "{{ which.stdout }}.yml"
- shell: "{{ set_there }}"
  when: set_there == 'x'
- uri: { port: http }
`),
    };
    expect(await found(files)).toEqual(['playbook.yml:8:20 playbook.arguments']);
  });

  it('the variables of roles are known in them, and after those that are public', async () => {
    const files = {
      'roles/app/defaults/main.yml': 'port: 80\nword: "{{ colour }}"\n',
      'roles/app/tasks/main.yml':
        '- shell: "{{ port }} {{ role_name }}"\n  when: word == "blue" && role_path != ""\n',
      'roles/app/handlers/main.yml': '- name: restart\n  shell: restart {{ port }}\n  when: port > 1\n',
    };
    const playbook = `
- hosts: all
  roles: [app]
  tasks:
    - shell: "{{ port }}"
    - shell: date
      when: port == 80
`;
    expect(await found({ ...files, 'playbook.yml': playbook })).toEqual([
      'playbook.yml:7:13 expression.unknown_variable',
      'playbook.yml:5:18 expression.unknown_variable',
    ]);
    const isPublic = tasks(`
- import_role: { name: app, public: true }
- shell: "{{ port }}"
  when: port == 80
`);
    expect(await found({ ...files, 'playbook.yml': isPublic })).toEqual([]);
  });

  it('a file that includes itself is checked as far as its conditions are known', async () => {
    const files = {
      'playbook.yml': tasks('- include_tasks: down.yml\n  vars: { n: 2 }'),
      'down.yml':
        '- set_fact: { left: "{{ n }}" }\n- include_tasks: down.yml\n  vars: { n: 0 }\n  when: left > 0\n- uri: { port: http }\n',
    };
    expect(await found(files)).toEqual(['down.yml:5:16 playbook.arguments']);
  });
});
