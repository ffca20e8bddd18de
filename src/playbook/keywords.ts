/** The keywords of a play and of a task, and what to say of those that people may expect. */
export const playKeywords = [
  'name',
  'hosts',
  'vars',
  'vars_prompt',
  'vars_files',
  'serial',
  'max_unavailable',
  'order',
  'throttle',
  'strategy',
  'max_fail_percentage',
  'max_failures',
  'any_errors_fatal',
  'min_healthy',
  'bake',
  'on_failure',
  'become',
  'become_user',
  'check_mode',
  'environment',
  'ignore_errors',
  'ignore_unreachable',
  'no_log',
  'timeout',
  'gather_facts',
  'tags',
  'pre_tasks',
  'roles',
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
  'async',
  'poll',
  'run_once',
  'delegate_to',
  'throttle',
  'failed_when',
  'changed_when',
  'ignore_errors',
  'ignore_unreachable',
  'no_log',
  'tags',
  'vars',
  'become',
  'become_user',
  'check_mode',
  'environment',
  'one_way',
  'notify',
  'args',
] as const;

/** What `async` can be of: their commands are steps, which go on when their connection is lost. */
export const asyncModules: readonly string[] = ['command', 'shell', 'script'];

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
  'become_user',
  'check_mode',
  'environment',
  'tags',
  'run_once',
  'delegate_to',
  'throttle',
  'ignore_errors',
  'ignore_unreachable',
  'no_log',
  'timeout',
  'notify',
] as const;

/** What a block hands on to its tasks, and so do the imports: `import_tasks`, `import_role` and the entries of `roles`. */
export const inheritedKeywords: readonly string[] = blockKeywords.filter(
  (keyword) => !['name', 'block', 'rescue', 'always'].includes(keyword),
);

export const importKeywords: readonly string[] = ['name', ...inheritedKeywords];

export const includeKeywords: readonly string[] = [
  ...importKeywords,
  ...['loop', 'loop_control', 'register', 'args'],
];

export const roleEntryKeywords: readonly string[] = ['role', 'name', ...inheritedKeywords];

/** What means something else than a module where a task stands: no module can have such a name. */
export const isTaskKeyword = (name: string): boolean =>
  [...handlerKeywords, ...blockKeywords].some((keyword) => keyword === name) ||
  /^(import|include)_/.test(name) ||
  isOldLoop(name);

/** Ansible's words that are spelled differently here. */
export const elsewhereInPlays: Readonly<Record<string, string>> = {
  remote_user: 'Set ssh: { user: … } in the inventory.',
  user: 'Set ssh: { user: … } in the inventory.',
  port: 'Set ssh: { port: … } in the inventory.',
  connection: 'Hosts are reached over SSH, as the inventory says.',
  become_method: 'become goes through sudo -n, as root or as become_user.',
  when: 'Write it on the tasks.',
};

/** The keywords of an entry of `vars_prompt`. `unsafe: true` says what holds anyway. */
export const promptKeywords = ['name', 'prompt', 'default', 'private', 'confirm', 'unsafe'] as const;

const asItIs = 'An answer is used as it was typed: ask for the hash itself, which mkpasswd makes.';

export const elsewhereInPrompts: Readonly<Record<string, string>> = {
  encrypt: asItIs,
  salt: asItIs,
  salt_size: asItIs,
};

export const elsewhereInTasks: Readonly<Record<string, string>> = {
  delegate_facts: 'Facts stay with the host of the play: hostvars tells them to all others.',
  action: 'Write the module itself as the key.',
  local_action: 'Write the module itself as the key, and delegate_to: localhost beside it.',
  become_method: 'become goes through sudo -n, as root or as become_user.',
  listen: 'That belongs to a handler: a task below "handlers:".',
  rescue: 'That belongs to a block: "- block:" and below it the tasks, and beside it "rescue:".',
  always: 'That belongs to a block: "- block:" and below it the tasks, and beside it "always:".',
  hosts: 'That belongs to a play: begin it with "- hosts:" at the left margin.',
  tasks: 'That belongs to a play: begin it with "- hosts:" at the left margin.',
};

/** `with_items` and its family. */
export const isOldLoop = (keyword: string): boolean => keyword.startsWith('with_');
