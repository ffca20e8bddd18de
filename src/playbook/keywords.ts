/** The keywords of a play and of a task, and what to say of those that people may expect. */
export const playKeywords = [
  'name',
  'hosts',
  'vars',
  'vars_files',
  'serial',
  'strategy',
  'max_fail_percentage',
  'any_errors_fatal',
  'min_healthy',
  'bake',
  'on_failure',
  'become',
  'environment',
  'ignore_errors',
  'ignore_unreachable',
  'no_log',
  'timeout',
  'gather_facts',
  'tags',
  'pre_tasks',
  'tasks',
  'post_tasks',
  'handlers',
] as const;

export const taskKeywords = [
  'name',
  'when',
  'loop',
  'loop_control',
  'register',
  'until',
  'retries',
  'delay',
  'timeout',
  'run_once',
  'failed_when',
  'changed_when',
  'ignore_errors',
  'ignore_unreachable',
  'no_log',
  'tags',
  'vars',
  'become',
  'environment',
  'one_way',
  'notify',
  'args',
] as const;

/** What a handler has besides. */
export const handlerKeywords = [...taskKeywords, 'listen'] as const;

/** A block hands all but the first four on to its tasks. */
export const blockKeywords = [
  'name',
  'block',
  'rescue',
  'always',
  'when',
  'vars',
  'become',
  'environment',
  'tags',
  'run_once',
  'ignore_errors',
  'ignore_unreachable',
  'no_log',
  'timeout',
  'notify',
] as const;

/** Words of the design that a later version brings, with what to do until then. */
export const laterInPlays: Readonly<Record<string, string>> = {
  roles: 'Write its tasks into this play.',
  max_unavailable: 'Use serial, which works in batches.',
};

export const laterInTasks: Readonly<Record<string, string>> = {
  delegate_to: 'Give that host a play of its own.',
  import_tasks: 'Write its tasks into this play.',
  include_tasks: 'Write its tasks into this play.',
  import_role: 'Write its tasks into this play.',
  include_role: 'Write its tasks into this play.',
};

/** Ansible's words that are spelled differently here. */
export const elsewhereInPlays: Readonly<Record<string, string>> = {
  remote_user: 'Set ssh: { user: … } in the inventory.',
  user: 'Set ssh: { user: … } in the inventory.',
  port: 'Set ssh: { port: … } in the inventory.',
  connection: 'Hosts are reached over SSH, as the inventory says.',
  become_user: 'become is root, through sudo -n.',
  become_method: 'become is root, through sudo -n.',
  vars_prompt: 'Give the value with --extra-vars name=value.',
  when: 'Write it on the tasks.',
};

export const elsewhereInTasks: Readonly<Record<string, string>> = {
  async: 'Use timeout.',
  poll: 'Use timeout.',
  action: 'Write the module itself as the key.',
  local_action: 'Nothing runs on this machine yet: use a module that runs on a host.',
  become_user: 'become is root, through sudo -n.',
  become_method: 'become is root, through sudo -n.',
  listen: 'That belongs to a handler: a task below "handlers:".',
  rescue: 'That belongs to a block: "- block:" and below it the tasks, and beside it "rescue:".',
  always: 'That belongs to a block: "- block:" and below it the tasks, and beside it "always:".',
  hosts: 'That belongs to a play: begin it with "- hosts:" at the left margin.',
  tasks: 'That belongs to a play: begin it with "- hosts:" at the left margin.',
};

/** `with_items` and its family. */
export const isOldLoop = (keyword: string): boolean => keyword.startsWith('with_');
