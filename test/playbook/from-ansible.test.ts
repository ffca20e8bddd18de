import { describe, expect, it } from 'vitest';
import { modules } from '../../src/modules/catalogue.js';
import { hintForModule, modulesElsewhere } from '../../src/playbook/ansible-modules.js';
import { complaints } from '../stages/loaded-playbook.js';

const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** Ansible 2.16, "Playbook Keywords". */
const common = `any_errors_fatal become become_exe become_flags become_method become_user check_mode collections connection debugger diff
  environment ignore_errors ignore_unreachable module_defaults name no_log port remote_user run_once tags throttle timeout vars`;
const keywords = {
  play: wordsOf(`${common} fact_path force_handlers gather_facts gather_subset gather_timeout handlers hosts max_fail_percentage order post_tasks
    pre_tasks roles serial strategy tasks vars_files vars_prompt`),
  role: wordsOf(`${common} delegate_facts delegate_to when`),
  block: wordsOf(`${common} always block delegate_facts delegate_to notify rescue when`),
  task: wordsOf(`${common} action args async changed_when delay delegate_facts delegate_to failed_when local_action loop loop_control notify poll
    register retries until when with_items with_list with_dict with_flattened with_together with_nested with_cartesian with_subelements
    with_indexed_items with_sequence with_fileglob with_first_found with_lines with_random_choice with_file with_inventory_hostnames`),
  handler: ['listen'],
  loop_control: wordsOf('break_when extended extended_allitems index_var label loop_var pause'),
};

/** A playbook with this keyword in a place where Ansible knows it. Its value is a list, which few of them take. */
const playbooks: Readonly<Record<keyof typeof keywords, (keyword: string) => string>> = {
  play: (keyword) => `- ${keyword}: [[]]\n`,
  role: (keyword) => `- hosts: api\n  roles: [{ role: web, ${keyword}: [[]] }]\n`,
  block: (keyword) =>
    `- hosts: api\n  tasks: [{ ${keyword === 'block' ? '' : 'block: [], '}${keyword}: [[]] }]\n`,
  task: (keyword) => `- hosts: api\n  tasks: [{ shell: x, ${keyword}: [[]] }]\n`,
  handler: (keyword) => `- hosts: api\n  handlers: [{ shell: x, ${keyword}: [[]] }]\n`,
  loop_control: (keyword) =>
    `- hosts: api\n  tasks: [{ shell: x, loop: [], loop_control: { ${keyword}: [[]] } }]\n`,
};

describe.each(Object.entries(keywords))('in a %s', (owner, words) => {
  it.each(words)('%s is known, or the error names how it is done here', async (keyword) => {
    const build = playbooks[owner as keyof typeof keywords];

    const unknown = (await complaints(build(keyword))).filter(
      (one) => one.includes(`unknown`) && one.includes(`"${keyword}"`),
    );

    for (const complaint of unknown)
      expect(complaint).toMatch(/\| (?!There are: |Did you mean|A variable of the role)\S/);
  });
});

/** Ansible 2.16, the modules of ansible.builtin. */
const builtin =
  wordsOf(`add_host apt apt_key apt_repository assemble assert async_status blockinfile command copy cron deb822_repository debconf
  debug dnf dnf5 dpkg_selections expect fail fetch file find gather_facts get_url getent git group group_by hostname import_playbook
  import_role import_tasks include include_role include_tasks include_vars iptables known_hosts lineinfile meta mount_facts package package_facts
  pause ping pip raw reboot replace rpm_key script service service_facts set_fact set_stats setup shell slurp stat subversion systemd
  systemd_service sysvinit tempfile template unarchive uri user validate_argument_spec wait_for wait_for_connection yum yum_repository`);

const names = [...modules.keys(), 'import_tasks', 'include_tasks', 'import_role', 'include_role'];

it.each(builtin)('the module %s is here, or has a counterpart', (name) => {
  if (!names.includes(name)) expect(hintForModule(name, names)).toBeDefined();
  expect(hintForModule(`ansible.builtin.${name}`, names)).toBeDefined();
});

it('names only modules that are here', () => {
  const told = modulesElsewhere.map((name) => /^Write (\w+)/.exec(hintForModule(name, []) ?? '')?.[1]);
  expect(names).toEqual(expect.arrayContaining([...new Set(told)].filter((name) => name !== undefined)));
});

const modulesOfOthers: readonly (readonly [string, string])[] = [
  ['community.docker.docker_container', 'Write docker_container.'],
  ['ansible.builtin.include_role', 'Write include_role.'],
  ['ansible.builtin.yum', 'Write package'],
  ['slack', 'Write webhook'],
  ['community.general.slack', 'Write webhook'],
  ['ec2_instance', 'Terraform'],
  ['amazon.aws.ec2_instance', 'Terraform'],
  ['elb_instance', 'elb_target'],
  ['docker_compose', 'docker_container'],
  ['win_copy', 'Linux'],
  ['synchronize', 'Write copy'],
  ['mysql_db', 'run_once'],
  ['acme.tools.lineinfil', 'Did you mean "lineinfile"?'],
  ['acme.tools.frobnicate', 'There are no collections.'],
];

it.each(modulesOfOthers)('%s: %s', (name, hint) => expect(hintForModule(name, names)).toContain(hint));

describe('a task of Ansible', () => {
  it.each([
    [
      'shell: x\nwith_items: "{{ users | default([]) }}"',
      'Write loop: "{{ default users (array) }}"; the element is {{ item }}',
    ],
    [
      'shell: x\nwith_dict: "{{ ports }}"',
      'Write loop: "{{ dict2items ports }}"; the elements are {{ item.key }} and {{ item.value }}.',
    ],
    ['shell: x\nwith_sequence: start=1 end=3', 'Write loop: "{{ range 1 4 }}"'],
    ['uri: port=80 path=yes', 'Write uri: { port: 80, path: true }.'],
    ['uri: port=80 path=0755', "Write uri: { port: 80, path: '0755' }."],
    ['uri: port=80 path="/a b"', 'Write uri: { port: 80, path: /a b }.'],
    [
      'command: make install chdir=/src creates=/bin/x',
      'write args: { chdir: /src, creates: /bin/x } beside command.',
    ],
    ['debug: msg="hello {{ x }}"', "Write debug: { msg: 'hello {{ x }}' }."],
    ['include_tasks: x.yml\nwith_items: [a]', 'Write loop instead of with_items'],
    ['shell: x\nconnection: local', 'delegate_to: localhost'],
  ])('%j', async (text, hint) => {
    const found = await complaints(`- hosts: api\n  tasks:\n    - ${text.replaceAll('\n', '\n      ')}\n`);
    expect(found.join('\n')).toContain(hint);
  });

  it.each([
    'shell: make DESTDIR=/x install',
    'shell: PATH=/bin chdir',
    'command: dd if=/a of=/b',
    'debug: a=b',
  ])('takes no arguments out of %s', async (text) =>
    expect(await complaints(`- hosts: api\n  tasks:\n    - ${text}\n`)).toEqual([]),
  );

  it('is read to its end under the name of a collection', async () => {
    const task = 'ansible.builtin.command: { argv: "{{ x | lower }}", cwd: / }';
    expect(await complaints(`- hosts: api\n  tasks:\n    - ${task}\n`)).toEqual([
      expect.stringContaining(
        '3:7 playbook.unknown_module: unknown module or keyword "ansible.builtin.command" | Write command.',
      ) as string,
      expect.stringContaining('Write {{ lower x }}.') as string,
      expect.stringContaining('command has no argument "cwd"') as string,
    ]);
  });
});
