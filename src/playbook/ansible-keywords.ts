import { templateOfJinja } from '../expression/jinja/translation.js';

const sudo = 'become goes through sudo -n, as root or as become_user.';
const inventory = 'Set ssh: { user: … } in the inventory.';

/** Keywords of Ansible that plays, blocks, roles and tasks have alike, and how it is done here. */
const everywhere: Readonly<Record<string, string>> = {
  remote_user: inventory,
  user: inventory,
  port: 'Set ssh: { port: … } in the inventory.',
  connection:
    'Hosts are reached over SSH, as the inventory says; delegate_to: localhost acts on this machine.',
  become_method: sudo,
  become_exe: sudo,
  become_flags: sudo,
  sudo: 'Write become: true.',
  sudo_user: 'Write become: true, and become_user.',
  su: 'Write become: true.',
  su_user: 'Write become: true, and become_user.',
  collections: 'There are no collections: every module has one short name.',
  debugger: 'Write --step to be asked before each task, and debug to see a value.',
  diff: 'Give --diff on the command line; no_log: true keeps a task out of it.',
  module_defaults:
    'Write the arguments on each task, or make them one mapping: copy: "{{ combine defaults (dict \'dest\' path) }}".',
  any_errors_fatal: 'Write it on the play.',
  delegate_facts: 'Facts stay with the host of the play: hostvars tells them to all others.',
  gather_timeout: 'Facts have 20 s for each host.',
  gather_subset: 'All facts come with one command, and none can be left out.',
  fact_path: 'Write a task: shell: cat FILE, with register.',
  force_handlers: 'Handlers that were notified run on a host that failed too.',
  accelerate: 'A task costs one round trip by itself.',
  first_available_file: 'Write the path with {{ }}: src: "{{ distribution }}.conf".',
  include:
    'Write import_tasks, which is read with the playbook, or include_tasks, which is read when it runs.',
  include_vars: 'Write vars_files on the play, or include_vars as a task.',
};

const onTasks = [
  'register',
  'until',
  'retries',
  'delay',
  'changed_when',
  'failed_when',
  'loop',
  'loop_control',
  'notify',
];

/** What is said of each keyword of Ansible that is none here, in plays. */
const inPlays: Readonly<Record<string, string>> = {
  ...Object.fromEntries(onTasks.map((keyword) => [keyword, 'Write it on the tasks.'])),
  run_once: 'Write it on the tasks: run_once: play, or run_once: batch.',
  delegate_to: 'Write it on the tasks, or on a block around them.',
  async: 'Write it on tasks: command, shell or script.',
  poll: 'Write it on tasks, beside async.',
  block: 'It stands below "tasks:": - block: …',
  include_tasks: 'It stands below "tasks:": - include_tasks: …',
  import_tasks: 'It stands below "tasks:": - import_tasks: …',
  include_role: 'Write roles: [NAME], or below "tasks:" - include_role: { name: NAME }.',
  import_role: 'Write roles: [NAME], or below "tasks:" - import_role: { name: NAME }.',
  role: 'Write roles: [NAME].',
};

/** In blocks, and in what is read as one: imports and the entries of `roles`. */
const inBlocks: Readonly<Record<string, string>> = {
  ...Object.fromEntries(onTasks.map((keyword) => [keyword, 'Write it on the tasks of the block.'])),
  async: 'Write it on the tasks of the block: command, shell or script.',
  poll: 'Write it on the tasks of the block, beside async.',
  loop: 'A block has no loop: put its tasks into a file, and write include_tasks with loop.',
  with_items: 'A block has no loop: put its tasks into a file, and write include_tasks with loop.',
};

const inLoopControl: Readonly<Record<string, string>> = {
  extended: 'index_var counts from 0: the first is index == 0, the last is index == size(list) - 1.',
  extended_allitems: 'The list is the variable that loop names.',
  break_when: 'Choose the elements before: loop: "{{ select list "test" }}"; or include_tasks with when.',
};

/** Where a keyword stands. */
export type KeywordOwner = 'play' | 'block' | 'task' | 'loop_control';

const tables: Readonly<Record<KeywordOwner, Readonly<Record<string, string>>>> = {
  play: inPlays,
  block: inBlocks,
  task: {},
  loop_control: inLoopControl,
};

/** How it is done here what a keyword of Ansible says; undefined for a word that is none of Ansible's. */
export function hintForKeyword(keyword: string, owner: KeywordOwner): string | undefined {
  const own = tables[owner];
  if (Object.hasOwn(own, keyword)) return own[keyword];
  return owner !== 'loop_control' && Object.hasOwn(everywhere, keyword) ? everywhere[keyword] : undefined;
}

/** What a list of lists is made of by the members of the `with_` family: the function, and how elements are called. */
const loops: Readonly<Record<string, string | ((value: string) => string)>> = {
  with_items: (value) =>
    `loop: "{{ ${value} }}"; the element is {{ item }}, and a list of lists is flatten list levels=1`,
  with_list: (value) => `loop: "{{ ${value} }}"; the element is {{ item }}`,
  with_flattened: (value) => `loop: "{{ flatten ${inner(value)} }}"; the element is {{ item }}`,
  with_dict: (value) =>
    `loop: "{{ dict2items ${inner(value)} }}"; the elements are {{ item.key }} and {{ item.value }}`,
  with_together: 'loop: "{{ zip first second }}"; the elements are {{ item.[0] }} and {{ item.[1] }}',
  with_nested: 'loop: "{{ product first second }}"; the elements are {{ item.[0] }} and {{ item.[1] }}',
  with_cartesian: 'loop: "{{ product first second }}"; the elements are {{ item.[0] }} and {{ item.[1] }}',
  with_subelements: `loop: "{{ subelements list 'keys' }}"; the elements are {{ item.[0] }} and {{ item.[1] }}`,
  with_indexed_items:
    'loop with loop_control: { index_var: index }; the element is {{ item }}, and {{ index }} counts from 0',
  with_sequence: 'loop: "{{ range 1 4 }}", which is [1, 2, 3]; the element is {{ item }}',
  with_inventory_hostnames: 'loop: "{{ groups.web }}"; the element is {{ item }}',
  with_file: `loop over the paths, and {{ file item }} for what stands in each`,
  with_fileglob: 'loop over the names in a list, or copy with a folder as src',
  with_first_found: 'the path with {{ }}: src: "{{ distribution }}.conf"',
  with_lines: 'a task with register: result before it, and loop: "{{ result.stdout_lines }}"',
  with_random_choice: 'the value itself: a run gives the same twice',
  with_dig: 'a task with register: result before it, and loop: "{{ result.stdout_lines }}"',
};

/** A value inside of a call. */
const inner = (value: string): string => (/^[\w.@[\]-]+$/.test(value) ? value : `(${value})`);

/** What to write instead of `with_items` and its family, with the value that stands behind it where that is a template. */
export function loopInstead(keyword: string, value: unknown): string {
  const found = Object.hasOwn(loops, keyword) ? loops[keyword] : undefined;
  if (typeof found === 'string') return `Write ${found}.`;
  const expression = typeof value === 'string' ? expressionOf(value) : undefined;
  if (found === undefined || expression === undefined)
    return `Write loop instead of ${keyword}; the element is {{ item }}.`;
  return `Write ${found(expression)}.`;
}

/** What stands in the braces, in the language here. A bare name was a variable in old playbooks. */
function expressionOf(value: string): string | undefined {
  const [, inside, bare] = /^\s*(?:\{\{([^]*)\}\}|([A-Za-z_][\w.]*))\s*$/.exec(value) ?? [];
  const here = templateOfJinja((inside ?? bare ?? '').trim());
  return here !== undefined && 'text' in here ? here.text : inside?.trim();
}
