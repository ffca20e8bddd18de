import type { RegisteredModule } from '../../modules/module.js';
import * as words from '../../playbook/keywords.js';
import { jsonSchemaOf, template, withTemplates, type JsonSchema } from './from-zod.js';

const flag: JsonSchema = { type: 'boolean' };
const text: JsonSchema = { type: 'string' };
const texts: JsonSchema = { anyOf: [text, { type: 'array', items: text }] };
const mapping: JsonSchema = { type: ['object', 'null'] };
const duration: JsonSchema = { type: ['string', 'number'] };
const wholeNumber: JsonSchema = { type: 'integer', minimum: 0 };
const condition: JsonSchema = { type: ['string', 'boolean'] };
const conditions: JsonSchema = { anyOf: [condition, { type: 'array', items: condition }] };
const tasks: JsonSchema = { anyOf: [{ type: 'array', items: { $ref: '#/$defs/task' } }, { type: 'null' }] };
const handlers: JsonSchema = {
  anyOf: [{ type: 'array', items: { $ref: '#/$defs/handler' } }, { type: 'null' }],
};
const amount: JsonSchema = { type: ['string', 'number'] };

const promptSchema: JsonSchema = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: described(text, 'the variable that keeps the answer'),
    prompt: described(text, 'what is asked; the name when absent'),
    default: described({ type: ['string', 'number', 'boolean'] }, 'what an empty answer stands for'),
    private: described(flag, 'the answer is not shown, and is a secret; true when absent'),
    confirm: described(flag, 'it is asked for twice'),
    unsafe: described({ const: true }, 'changes nothing: an answer is never a template'),
  },
};

/**
 * What stands behind a keyword, with what it means. One that is not listed may hold anything: the reader of playbooks says more when it is
 * wrong.
 */
const keywordSchemas: Readonly<Record<string, JsonSchema>> = {
  name: described(text, 'for people; may hold templates'),
  hosts: described(
    texts,
    'which hosts: a pattern of groups and names such as api:&canary:!api-3, or a list of them',
  ),
  vars: described(mapping, 'variables'),
  vars_files: described(texts, 'files of variables, relative to the project'),
  serial: described(
    { anyOf: [amount, { type: 'array', items: amount }] },
    'sizes of batches: 1, 25%, or a list',
  ),
  strategy: described({ enum: ['free', 'linear'] }, 'whether hosts of a batch wait for each other'),
  max_fail_percentage: described(
    amount,
    'how many hosts may have failed in proportion to the batch, as in Ansible',
  ),
  max_failures: described(amount, 'how many hosts may fail over the whole run'),
  any_errors_fatal: described(flag, 'the first failure ends the play'),
  min_healthy: described(amount, 'healthy targets that a target group keeps'),
  bake: described(duration, 'how long a batch is watched before the next begins'),
  on_failure: described(
    { anyOf: [{ enum: ['rollback', 'restore', 'stop'] }, template] },
    'what becomes of the hosts when one fails',
  ),
  become: described(flag, 'through sudo'),
  become_user: described(text, 'who runs it, with become'),
  environment: described(mapping, 'environment variables of commands'),
  ignore_errors: described(flag, 'a failure does not fail the host'),
  ignore_unreachable: described(flag, 'a host that is lost is not counted as failed'),
  no_log: described(flag, 'what it is given and prints is not shown'),
  timeout: described(duration, 'how long one attempt may take'),
  tags: described(texts, 'words for --tags and --skip-tags'),
  pre_tasks: described(tasks, 'run before tasks'),
  tasks: described(tasks, 'what is done on each host'),
  post_tasks: described(tasks, 'run after tasks'),
  handlers: described(handlers, 'run once when a task notifies them'),
  block: described(tasks, 'tasks with keywords in common'),
  rescue: described(tasks, 'runs when one of the block failed'),
  always: described(tasks, 'runs in any case'),
  when: described(conditions, 'a CEL condition, or a list of which all must hold'),
  loop: described({ type: ['array', 'string'] }, 'runs for each of these; the element is {{ item }}'),
  loop_control: described(mapping, 'loop_var, index_var, label, pause'),
  register: described(text, 'the variable that keeps the result'),
  until: described(condition, 'tried again until this CEL condition holds'),
  retries: described(wholeNumber, 'how often at most'),
  delay: described(duration, 'between two attempts'),
  run_once: described({ type: ['boolean', 'string'] }, 'on the first host only'),
  failed_when: described(conditions, 'what counts as failed'),
  changed_when: described(conditions, 'what counts as changed'),
  one_way: described(flag, 'it cannot be taken back: a failure after it stops and does not roll back'),
  notify: described(texts, 'the handlers to run when it changed something'),
  listen: described(texts, 'more words that notify it'),
  gather_facts: described(flag, 'asks each host for its facts first'),
  roles: described(
    { type: 'array', items: { type: ['string', 'object'] } },
    'roles, by name, run before tasks',
  ),
  delegate_to: described(text, 'the host that it runs on instead, with the variables of this one'),
  throttle: described({ type: ['integer', 'string'] }, 'how many hosts run it at the same time'),
  order: described(text, 'the order of the hosts'),
  max_unavailable: described(
    amount,
    'a sliding window instead of batches: hosts out of service at the same time',
  ),
  check_mode: described({ type: ['boolean', 'string'] }, 'whether it only looks, whatever --check says'),
  diff: described(flag, 'whether differences are shown'),
  vars_prompt: described(
    { type: 'array', items: promptSchema },
    'variables that a person is asked for before the run begins',
  ),
  async: described(
    duration,
    'how long a command may take; a host that is out of reach meanwhile is waited for as long',
  ),
  poll: described(
    duration,
    '0 starts the command and goes on at once: async_status tells how it ended; any other changes nothing',
  ),
  args: described(mapping, 'more arguments of the module'),
};

/** The keywords that have no entry above. */
export const keywordsInAnyForm = (): readonly string[] =>
  [...words.playKeywords, ...words.handlerKeywords, ...words.blockKeywords].filter(
    (keyword) => !Object.hasOwn(keywordSchemas, keyword),
  );

function described(schema: Readonly<Record<string, unknown>> | boolean, description: string): JsonSchema {
  return { ...(typeof schema === 'object' ? schema : {}), description };
}

const keywords = (names: readonly string[]): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(names.map((name) => [name, keywordSchemas[name] ?? {}]));

/** The parts that plays and lists of tasks are made of. */
function definitionsOf(modules: ReadonlyMap<string, RegisteredModule>): JsonSchema {
  const calls = Object.fromEntries([...modules.values()].map((module) => [module.name, callOf(module)]));
  const oneOf = [...modules.keys()].map((name) => ({ required: [name] }));
  return {
    task: { anyOf: [{ $ref: '#/$defs/block' }, ...otherNodes(), { $ref: '#/$defs/moduleTask' }] },
    block: {
      type: 'object',
      properties: keywords(words.blockKeywords),
      required: ['block'],
      additionalProperties: false,
    },
    moduleTask: {
      type: 'object',
      properties: { ...keywords(words.taskKeywords), ...calls },
      oneOf,
      additionalProperties: false,
    },
    handler: {
      type: 'object',
      properties: { ...keywords(words.handlerKeywords), ...calls },
      oneOf,
      additionalProperties: false,
    },
  };
}

/** Includes and imports: their keywords are checked by the reader. */
const otherNodes = (): readonly JsonSchema[] =>
  ['import_tasks', 'include_tasks', 'import_role', 'include_role'].map((name) => ({
    type: 'object',
    required: [name],
  }));

/** What stands behind the name of a module. */
function callOf({ schema, freeform, docs }: RegisteredModule): JsonSchema {
  const given = jsonSchemaOf(schema);
  const args = withTemplates(withoutRequired(given));
  const bare = freeform === undefined ? [] : [bareValueOf(given, freeform)];
  return {
    ...(docs === undefined ? {} : { description: docs.summary }),
    anyOf: [args, ...bare, template, { type: 'null' }],
  };
}

/** An argument may stand in `args` beside the module. */
function withoutRequired(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema;
  const { required: _required, ...rest } = schema;
  return rest;
}

function bareValueOf(schema: JsonSchema, argument: string): JsonSchema {
  const properties = typeof schema === 'object' ? schema['properties'] : undefined;
  const value: unknown =
    typeof properties === 'object' && properties !== null ? Reflect.get(properties, argument) : undefined;
  return typeof value === 'object' && value !== null ? withTemplates({ ...value }) : true;
}

/** A playbook: a list of plays, and of playbooks that it imports. */
export const playbookSchema = (modules: ReadonlyMap<string, RegisteredModule>): JsonSchema => ({
  type: 'array',
  minItems: 1,
  items: {
    anyOf: [
      {
        type: 'object',
        properties: keywords(words.playKeywords),
        required: ['hosts'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { import_playbook: described(text, 'a playbook whose plays stand here') },
        required: ['import_playbook'],
      },
    ],
  },
  $defs: definitionsOf(modules),
});

/** A list of tasks, as plays and roles include it. */
export const tasksSchema = (modules: ReadonlyMap<string, RegisteredModule>): JsonSchema => ({
  type: 'array',
  items: { anyOf: [{ $ref: '#/$defs/task' }, { $ref: '#/$defs/handler' }] },
  $defs: definitionsOf(modules),
});
