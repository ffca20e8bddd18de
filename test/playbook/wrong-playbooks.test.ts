import { describe, expect, it } from 'vitest';
import { complaints } from '../stages/loaded-playbook.js';

const modules = 'command, debug, docker_prune, elb_target, set_fact, setup, shell, uri';

describe('a wrong file', () => {
  it.each([
    [
      '',
      [
        'playbook.empty: playbooks/deploy.yml has no plays | A playbook is a list of plays, each with hosts and tasks: "- hosts: api".',
      ],
    ],
    [
      '# only a comment\n',
      [
        'playbook.empty: playbooks/deploy.yml has no plays | A playbook is a list of plays, each with hosts and tasks: "- hosts: api".',
      ],
    ],
    [
      '[]\n',
      [
        'playbook.empty: playbooks/deploy.yml has no plays | A playbook is a list of plays, each with hosts and tasks: "- hosts: api".',
      ],
    ],
    [
      'hosts: api\n',
      [
        '1:1 playbook.not_a_list: a playbook is a list of plays, and this is a mapping | Begin each play with a dash: "- hosts: api".',
      ],
    ],
    [
      'just text\n',
      [
        '1:1 playbook.not_a_list: a playbook is a list of plays, and this is "just text" | Begin each play with a dash: "- hosts: api".',
      ],
    ],
    [
      '- api\n',
      [
        '1:3 playbook.wrong_value: "play" must be a mapping, not "api" | A play is a mapping: "- hosts: api", and below it tasks.',
      ],
    ],
    [
      '- tasks: []\n',
      [
        '1:3 playbook.missing_keyword: the play has no "hosts" | Name a group or a pattern: hosts: api, or hosts: api:&canary.',
      ],
    ],
    [
      '- hosts:\n  tasks: []\n',
      [
        '1:3 playbook.missing_keyword: the play has no "hosts" | Name a group or a pattern: hosts: api, or hosts: api:&canary.',
      ],
    ],
    [
      '- hosts: a\n  hosts: b\n',
      [
        '2:3 config.duplicate_key: The key "hosts" stands here twice, first at playbooks/deploy.yml:1:3. | Keep one of the two.',
      ],
    ],
    [
      '- hosts: {{ group }}\n',
      [
        '1:11 config.yaml_syntax: This is not valid YAML: a list or mapping cannot be a key. | A value that begins with {{ needs quotes around it: "{{ name }}".',
      ],
    ],
  ])('%j', async (text, expected) => expect(await complaints(text)).toEqual(expected));
});

describe('a wrong play', () => {
  it.each([
    ['taks: []', '2:3 playbook.unknown_keyword: unknown keyword "taks" in a play | Did you mean "tags"?'],
    [
      'max_failure_percentage: 1',
      '2:3 playbook.unknown_keyword: unknown keyword "max_failure_percentage" in a play',
    ],
    [
      'shell: x',
      '2:3 playbook.unknown_keyword: unknown keyword "shell" in a play | shell is a module: write it as a task, below "tasks:".',
    ],
    [
      'remote_user: root',
      '2:3 playbook.unknown_keyword: unknown keyword "remote_user" in a play | Set ssh: { user: … } in the inventory.',
    ],
    [
      'roles: [web]',
      '2:11 role.not_found: there is no role "web" | It was looked for in playbooks/roles/web, roles/web.',
    ],
    [
      'serial: 1\n  max_unavailable: 2',
      '3:3 playbook.window_and_batches: "max_unavailable" is a sliding window, and "serial" beside it asks for batches | Keep one of the two.',
    ],
    [
      'order: random',
      '2:10 playbook.wrong_value: "order" must be one of inventory, reverse_inventory, sorted, reverse_sorted, shuffle, not "random"',
    ],
    ['throttle: -1', '2:13 playbook.wrong_value: "throttle" must be a whole number, not the number -1'],
    ['strategy: fre', '2:13 playbook.wrong_value: "strategy" must be one of free, linear, not "fre"'],
    [
      'become: yes',
      '2:11 playbook.wrong_value: "become" must be true or false, not "yes" | In YAML 1.2 yes is text: write true.',
    ],
    [
      'become: "{{ x }}"',
      '2:11 playbook.wrong_value: "become" must be true or false, not "{{ x }}" | No template can stand here: it is read before there are variables.',
    ],
    [
      'become_user: -u root',
      '2:16 playbook.wrong_value: "become_user" must be the name of a user, not "-u root"',
    ],
    [
      'become_method: su',
      '2:3 playbook.unknown_keyword: unknown keyword "become_method" in a play | become goes through sudo -n, as root or as become_user.',
    ],
    [
      'tasks: [{ command: a, run_once: yes }]',
      '2:35 playbook.wrong_value: "run_once" must be true, false, play or batch, not "yes" | In YAML 1.2 yes is text: write true.',
    ],
    ['vars: [a]', '2:9 playbook.wrong_value: "vars" must be a mapping, not a list'],
    [
      'vars: { a-b: 1 }',
      '2:11 playbook.variable_name: "a-b" in "vars" is not a name that a template can use: letters, digits and _ only, no digit first',
    ],
    [
      'vars: { a: "{{ b | lower }}" }',
      '2:15 template.syntax: {{ b | lower }} is Jinja, not Handlebars | Write {{ lower b }}.',
    ],
    [
      'vars_files: { a: 1 }',
      '2:15 playbook.wrong_value: "vars_files" must be text or a list of texts, not a mapping',
    ],
    ['serial: "{{ x"', '2:12 template.syntax: this {{ is never closed'],
    ['tags: [1]', '2:10 playbook.wrong_value: "tags" must be text or a list of texts, not the number 1'],
    [
      'tasks: { shell: x }',
      '2:10 playbook.wrong_value: "tasks" must be a list of tasks, not a mapping | Begin each task with a dash: "- shell: uptime".',
    ],
    [
      'tasks: [uptime]',
      '2:11 playbook.wrong_value: "task" must be a mapping, not "uptime" | A task is a mapping with a module: "- shell: uptime".',
    ],
  ])('%s', async (text, expected) => {
    const found = await complaints(`- hosts: api\n  ${text}\n`);

    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});

describe('a wrong task', () => {
  it.each([
    ['name: nothing', `3:7 playbook.no_module: the task names no module | There are: ${modules}.`],
    ['shel: x', '3:7 playbook.unknown_module: unknown module or keyword "shel" | Did you mean "shell"?'],
    [
      'yum: x',
      `3:7 playbook.unknown_module: unknown module or keyword "yum" | Write package: { name: …, state: present }`,
    ],
    ['frobnicate: x', `unknown module or keyword "frobnicate" | There are: ${modules}`],
    [
      'ansible.builtin.shell: x',
      '3:7 playbook.unknown_module: unknown module or keyword "ansible.builtin.shell" | Write shell.',
    ],
    [
      'shell: x\nwehn: a',
      '4:7 playbook.unknown_module: unknown module or keyword "wehn" | Did you mean "when"?',
    ],
    [
      'shell: x\ndebug: b',
      '4:7 playbook.several_modules: the task names two modules, "shell" and "debug" | Make a task of each.',
    ],
    [
      'uri: port=80',
      '3:12 playbook.arguments: the arguments of uri must be a mapping, not "port=80" | Write uri: { port: 80 }.',
    ],
    [
      'uri: { prot: 80 }',
      '3:14 playbook.unknown_argument: uri has no argument "prot" | Did you mean "port"?',
    ],
    [
      'uri: { port: 80 }\nargs: { prot: 80 }',
      '4:15 playbook.unknown_argument: uri has no argument "prot" | Did you mean "port"?',
    ],
    [
      'uri: { port: 80 }\nargs: { port: 80 }',
      '4:15 playbook.argument_twice: port of uri is given twice | Take one of them out.',
    ],
    [
      'uri: "{{ all }}"\nargs: { port: 80 }',
      '4:7 playbook.arguments_twice: the arguments of uri are one variable, so that "args" can add nothing to them',
    ],
    [
      'shell: x\nwith_items: [1]',
      '4:7 playbook.unknown_module: unknown module or keyword "with_items" | Write loop instead of with_items; the element is {{ item }}.',
    ],
    [
      'shell: x\nnotify: [restart]',
      '4:16 playbook.unknown_handler: no handler of the play has the name "restart" or listens to it | Add it below "handlers:".',
    ],
    [
      'shell: x\nlisten: restart',
      '4:7 playbook.unknown_module: unknown module or keyword "listen" | That belongs to a handler',
    ],
    [
      'shell: x\ndelegate_facts: true',
      'unknown module or keyword "delegate_facts" | Facts stay with the host of the play: hostvars tells them to all others.',
    ],
    ['block:', '3:7 playbook.wrong_value: "block" must be a list of tasks, not nothing'],
    ['block: 3', '3:14 playbook.wrong_value: "block" must be a list of tasks, not the number 3'],
    [
      'block: [shell: x]\nshell: y',
      '4:7 playbook.unknown_keyword: unknown keyword "shell" in a block | shell is a module: make it a task of the block, below "block:".',
    ],
    ['block: [shell: x]\nregister: r', '4:7 playbook.unknown_keyword: unknown keyword "register" in a block'],
    [
      'block: [shel: x]',
      '3:15 playbook.unknown_module: unknown module or keyword "shel" | Did you mean "shell"?',
    ],
    [
      'shell: x\nrescue: [shell: y]',
      '4:7 playbook.unknown_module: unknown module or keyword "rescue" | That belongs to a block',
    ],
    [
      'import_tasks: a.yml',
      '3:21 playbook.tasks_not_found: there is no file of tasks "a.yml" | It was looked for as playbooks/a.yml.',
    ],
    [
      'shell: x\nloop: 3',
      '4:13 playbook.wrong_value: "loop" must be a list, not the number 3 | Write a list, or a template that is one: loop: "{{ ports }}".',
    ],
    [
      'shell: x\nloop: [1]\nloop_control: { extended: true }',
      '5:23 playbook.unknown_keyword: unknown keyword "extended" in loop_control',
    ],
    [
      'shell: x\nregister: a-b',
      '4:7 playbook.variable_name: "a-b" in "register" is not a name that a template can use',
    ],
    [
      'shell: x\nretries: 3',
      '4:7 playbook.retries_without_until: "retries" does nothing without "until" | Add until: !result.failed, with register: result.',
    ],
    [
      'shell: x\nuntil: a\nretries: many',
      '5:16 playbook.wrong_value: "retries" must be a whole number, not "many"',
    ],
    [
      'shell: x\nuntil: a\ndelay: soon',
      '5:14 playbook.wrong_value: "delay" must be a duration, not "soon" | Write it like 90s, 5m or 1h30m; a bare number is seconds.',
    ],
    ['shell: x\ntimeout: -1', '4:16 playbook.wrong_value: "timeout" must be a duration, not the number -1'],
    [
      'shell: x\nwhen: "{{ a }}"',
      '4:14 condition.syntax: not a condition: {{ a }} is a template | Conditions are CEL: write a, without braces.',
    ],
    ['shell: x\nwhen: "{{ a is defined }}"', 'Conditions are CEL: write'],
    [
      'shell: x\nwhen: a is defined',
      "4:15 condition.syntax: not a condition: unexpected character: 's' in a is defined | Conditions are CEL: write defined(a).",
    ],
    [
      'shell: x\nwhen:\n  - a == 1\n  - b == ',
      '6:15 condition.syntax: not a condition: it ends too early in b ==',
    ],
    ['shell: x\nwhen: 5', '4:13 playbook.wrong_value: "when" must be a condition, not the number 5'],
    [
      'shell: x\nwhen: >\n  a == 1 &&\n  b = 2',
      '6:11 condition.syntax: not a condition: unexpected character: = in a == 1 && b = 2 | A comparison is ==.',
    ],
    [
      'shell: x\nfailed_when: 1 + 1',
      '4:20 condition.not_boolean: the condition 1 + 1 is of type int, not true or false',
    ],
    [
      'shell: |\n  echo {{ a }}\n  echo {{ b | default("x") }}',
      '5:14 template.syntax: {{ b | default("x") }} is Jinja, not Handlebars | Write {{ default b "x" }}.',
    ],
    ['shell: docker ps --format {{.Names}}', '3:33 template.syntax: this looks like a Go template'],
    [
      'debug: "{{ lowr x }}"',
      '3:18 template.unknown_function: unknown function "lowr" in a template | Did you mean "lower"?',
    ],
    [
      'shell: |\n  echo a\n  {% if x %}',
      '5:9 template.syntax: {% if x %} is Jinja, not Handlebars | Write {{#if x}}.',
    ],
    [
      'set_fact: { "{{ x }}": 1 }',
      '3:19 template.key: the key "{{ x }}" is a template, and only values are rendered',
    ],
    ['debug: "{{ a is defined }}"', 'Write {{ defined a }}.'],
  ])('%j', async (text, expected) => {
    const found = await complaints(`- hosts: api\n  tasks:\n    - ${text.replaceAll('\n', '\n      ')}\n`);

    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});

it('all that is wrong with a file is told at once, in its order', async () => {
  const found = await complaints(`
- hosts: api
  become: sure
  tasks:
    - shel: x
    - shell: x
      when: a ==
      retries: 1
- tasks:
    - uri: { prot: "{{ x" }
`);

  expect(found.map((complaint) => complaint.split(': ')[0])).toEqual([
    '3:11 playbook.wrong_value',
    '5:7 playbook.unknown_module',
    '7:17 condition.syntax',
    '8:7 playbook.retries_without_until',
    '9:3 playbook.missing_keyword',
    '10:14 playbook.unknown_argument',
    '10:21 template.syntax',
  ]);
});

it.each([
  ['debug: a, async: 60, poll: 0', 'playbook.async', 'strategy: free'],
  ['shell: a, poll: 0', 'playbook.poll_without_async', 'async: 1h'],
  ['shell: a, poll: 5', 'playbook.poll_without_async', 'async: 1h'],
  ['debug: a, async: 60', 'playbook.async', 'command, shell, script'],
  ['shell: a, async: soon', 'playbook.wrong_value', 'must be a duration'],
])('{ %s } is no task about a long command', async (task, code, says) => {
  const told = await complaints(`- hosts: api\n  tasks: [{ ${task} }]\n`);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(`${code}: `);
  expect(told[0]).toContain(says);
});
