import { posix } from 'node:path';
import type { ErrorPlace } from '../errors/adf-error.js';
import type { Expression } from '../expression/condition.js';
import type { Layer } from '../expression/scope.js';
import type { Amount, OnFailure } from '../model/settings.js';
import type { Milliseconds } from '../model/duration.js';
import { formatPlace, type Locate, type Place } from '../model/source.js';
import type { RegisteredModule } from '../modules/module.js';

/**
 * A playbook as it was read: words checked, structure typed, templates not rendered yet. Fields of type `Raw` may hold
 * `{{ … }}` anywhere and are rendered when their play or task runs.
 */
export interface Playbook {
  readonly file: string;
  readonly plays: readonly Play[];
}

/** A value of a user's file with templates in it, and where it stands. */
export interface Raw<T = unknown> {
  readonly value: T;
  readonly locate: Locate;
}

/** Variables by their names, as they are written. */
export type VariableTexts = Readonly<Record<string, unknown>>;

/**
 * Where a task stands among all tasks of a playbook, in the order in which they run: the number of its play, its place in the play, and of a task
 * that was included the number of the loop's item and its place in what was included, and so on. No two tasks have the same one.
 */
export type Position = readonly number[];

export interface Play {
  readonly name: string;
  readonly at: Place;
  /** A pattern `a:&b:!c`; may be a template. */
  readonly hosts: Raw<string>;
  readonly vars: Raw<VariableTexts>;
  /** The `vars` of each `import_playbook` that leads to it: above its own, the lowest first. */
  readonly importVars?: readonly Raw<VariableTexts>[];
  /** Variables that a person is asked for before the run begins. */
  readonly prompts?: readonly VarsPrompt[];
  /** The answers; absent while nothing was asked. They are above `vars` and below `vars_files`. */
  readonly answers?: Layer;
  readonly varsFiles: Raw<readonly string[]>;
  /** Numbers, percentages, or a list of them; undefined is all at once. */
  readonly serial?: Raw;
  /** How many hosts may be in their turns at once, each with a bake of its own: a sliding window instead of batches. Excludes `serial`. */
  readonly maxUnavailable?: Raw;
  readonly order: PlayOrder;
  readonly strategy: 'free' | 'linear';
  readonly maxFailPercentage?: Raw;
  readonly maxFailures?: Raw;
  readonly anyErrorsFatal: boolean;
  readonly minHealthy?: Raw;
  readonly bake?: Raw;
  readonly onFailure?: Raw;
  /** `pre_tasks`, `tasks` and `post_tasks`, in this order. */
  readonly sections: readonly Section[];
  /** In the order in which they run when several are notified. */
  readonly handlers: readonly Handler[];
}

/** A variable that a person is asked for. */
export interface VarsPrompt {
  readonly name: string;
  readonly question: string;
  /** What an empty answer stands for. */
  readonly default?: string;
  /** The answer is not shown, and it is a Secret. */
  readonly isPrivate: boolean;
  /** It is asked for twice. */
  readonly confirm: boolean;
  readonly place: ErrorPlace;
}

/** In which order the hosts of a play have their turns. */
type PlayOrder = (typeof playOrders)[number];

export const playOrders = ['inventory', 'reverse_inventory', 'sorted', 'reverse_sorted', 'shuffle'] as const;

/**
 * What a play runs is a tree. Its leaves are tasks, and includes, which bring in more nodes when they run; what keeps nodes together is a node
 * too. A task holds all that it inherits from the nodes above it, so that none of these has to be asked.
 */
export type TaskNode = Section | Block | RoleNode | Include | Task;

export interface Section {
  readonly kind: 'section';
  readonly name: 'pre_tasks' | 'tasks' | 'post_tasks';
  readonly nodes: readonly TaskNode[];
}

/** Tasks with keywords in common, which each of them inherits. */
export interface Block {
  readonly kind: 'block';
  readonly nodes: readonly TaskNode[];
  /** What runs when one of `nodes` failed; then the block did not fail. */
  readonly rescue: readonly TaskNode[];
  /** What runs after both, also when they failed; not on a host that is lost, nor in a run that is stopped. */
  readonly always: readonly TaskNode[];
}

/** For which hosts one of them runs a `run_once` task. */
export type RunOnceScope = 'play' | 'batch';

/** The tasks of a role, with those of its dependencies before them. */
export interface RoleNode {
  readonly kind: 'role';
  /** The same for two roles that count as the same: with the same variables, conditions, tags and files. */
  readonly key: string;
  /** It may run more than once on a host in a play: `allow_duplicates`, or it was imported by a task. */
  readonly mayRepeat: boolean;
  readonly nodes: readonly TaskNode[];
  /** Its variables, which tasks after it see too: `public`. */
  readonly publishes?: RoleVariables;
}

/** What `include_tasks` or `include_role` brings in is known when it runs; its `when` and `tags` decide on the include itself. */
export interface Include extends Inherited {
  readonly kind: 'include';
  readonly index: number;
  readonly position: Position;
  readonly name: Raw<string>;
  readonly at: Place;
  readonly module: 'include_tasks' | 'include_role';
  /** The file, or the role and which of its files; may hold templates. */
  readonly source: Raw<IncludeSource>;
  readonly loop?: Loop;
  readonly register?: string;
  /** Stands among the `vars` of what is included for the variables of the loop's item. */
  readonly item: TaskVars;
  /** What it brings in, read with the playbook; absent where `source` holds templates, and where the include is within what it includes. */
  readonly included?: Included;
  /** Reads what it brings in. Throws what is wrong with it, `include.*` and `role.*`, all at once. */
  readonly read: (source: IncludeSource) => Promise<Included>;
}

/** `file`, or the `name` of a role and which of its files (`tasks_from` …). */
export type IncludeSource = Readonly<Record<string, unknown>>;

export interface Included {
  readonly nodes: readonly TaskNode[];
  /** Those of a role, known to the play from then on. */
  readonly handlers: readonly Handler[];
  /** The variables of a role that tasks after the include see too: `public`. */
  readonly publishes?: RoleVariables;
}

/** Variables of roles, each list with the lowest first. */
export interface RoleVariables {
  /** Below all other variables. */
  readonly defaults: readonly Raw<VariableTexts>[];
  /** Above those of the play. */
  readonly vars: readonly Raw<VariableTexts>[];
}

/** The role that a task belongs to. */
export interface RoleScope extends RoleVariables {
  readonly name: string;
  /** As of its node: the same for two roles that count as the same. */
  readonly key: string;
  /** Its folder. */
  readonly path: string;
}

/** Variables that a block, a task or an include sets. */
export interface TaskVars extends Raw<VariableTexts> {
  /** They are data: no text in them is a template. */
  readonly literal?: boolean;
  /** The names of those that are not there yet. */
  readonly names?: readonly string[];
}

/** What a task has from the play and the blocks around it, unless it says otherwise itself. */
export interface Inherited {
  readonly become: boolean;
  /** Whom `become` makes it; absent for root. Means nothing without `become`. */
  readonly becomeUser?: Raw<string>;
  /** The mappings that its environment is made of, the lowest first. */
  readonly environment: readonly Raw<Readonly<Record<string, unknown>>>[];
  readonly tags: readonly string[];
  /** CEL. All must hold, the outermost block's first; they are asked before each task. */
  readonly when: readonly Expression[];
  /** The lowest first. */
  readonly vars: readonly TaskVars[];
  /** Absent outside of roles. */
  readonly role?: RoleScope;
  /** Where its files are looked up: in the folders of the roles around it, the nearest first, and in that of the playbook. */
  readonly folders: readonly string[];
  /** The variables of roles that ran before it and are `public`; known while a playbook runs. */
  readonly published?: RoleVariables;
  readonly ignoreErrors: boolean;
  readonly ignoreUnreachable: boolean;
  /** It runs on one host for all hosts of the play, or for those of each batch; false runs it on every host. */
  readonly runOnce: RunOnceScope | false;
  readonly noLog: boolean;
  /** True only looks, in a real run too; false runs for real, in a dry run too. Absent as the run says. */
  readonly checkMode?: boolean;
  /** The host that it acts on, with the variables of the play's own; absent for that itself. `localhost` is this machine. */
  readonly delegateTo?: Raw<string>;
  /** How many hosts may run it at once; absent when there is no limit but that of the batch. */
  readonly throttle?: number;
  /** Of one attempt at one item; absent when there is no limit. */
  readonly timeout?: Milliseconds;
  /** The handlers that are to run when it changed something: names, or what handlers listen to. */
  readonly notify: readonly Raw<readonly string[]>[];
  /** A failure of it is rescued: one of the blocks around it has a `rescue`. */
  readonly isRescued: boolean;
}

/** Of a task in a play that says nothing. */
export const inheritedNothing: Inherited = {
  become: false,
  environment: [],
  folders: [],
  tags: [],
  when: [],
  vars: [],
  ignoreErrors: false,
  ignoreUnreachable: false,
  runOnce: false,
  noLog: false,
  notify: [],
  isRescued: false,
};

export interface Task extends Inherited {
  readonly kind: 'task';
  /** The place of the task in its play, from 0, counted over all sections; of an included task that in what was included. */
  readonly index: number;
  readonly position: Position;
  /** The given name, or the module's. May hold templates. */
  readonly name: Raw<string>;
  readonly at: Place;
  /** The module's name. */
  readonly module: string;
  /** The module itself. */
  readonly does: RegisteredModule;
  /**
   * The module's arguments, rendered per host just before it runs: a mapping, a bare value already under its freeform
   * argument. Text only where it is one `{{ expression }}` for the whole mapping.
   */
  readonly args: Raw;
  readonly loop?: Loop;
  readonly register?: string;
  readonly until?: Expression;
  readonly retries: number;
  readonly delay: Milliseconds;
  readonly failedWhen: readonly Expression[];
  readonly changedWhen: readonly Expression[];
  readonly oneWay: boolean;
  /** Its command may take so long, and a host that is out of reach is waited for as long. */
  readonly async?: Milliseconds;
  /** `poll: 0`: its command is started as a job, and not waited for. */
  readonly asJob: boolean;
}

/** The folders in which the files of a task are looked up, the nearest first: of its role, of the file that it stands in, and of those around. */
export const sourceFolders = ({ role, at, folders }: Task): readonly string[] => [
  ...new Set([...(role === undefined ? [] : [role.path]), posix.dirname(at.file), ...folders]),
];

/** A list that a task runs over, item by item; and `loop_control`. */
export interface Loop {
  readonly items: Raw;
  /** The name of the variable that an item is known by: `item`. */
  readonly itemVar: string;
  /** The name of the variable that counts the items, from 0. */
  readonly indexVar?: string;
  /** What people are shown of an item, rendered with it. */
  readonly label?: Raw;
  /** Between two items. */
  readonly pause: Milliseconds;
}

/** A task that runs when another task notifies it, by its name or by one of the words that it listens to. */
export type Handler = (Task | Include) & { readonly listen: readonly string[] };

/**
 * The same for a task on all hosts that run it. Hosts that include different files in the same place have different tasks of one position.
 */
export const identityOf = ({ position, at }: Task | Include): string =>
  `${position.join('-')} ${formatPlace(at)}`;

/** The name as it is written, as in Ansible with the role before it. */
export const writtenTitle = ({ name, role }: Task | Include): string =>
  role === undefined ? name.value : `${role.name} : ${name.value}`;

/** Negative when the first comes before the second; what is within a task comes after the task itself. */
export function comparePositions(one: Position, other: Position): number {
  for (const [index, number] of one.entries()) {
    const difference = number - (other[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** What can be notified. A handler of a role answers to `role : name` too. */
export const handlerNames = (handlers: readonly Handler[]): readonly string[] => [
  ...new Set(
    handlers.flatMap(({ name, listen, role }) => [
      name.value,
      ...(role === undefined ? [] : [`${role.name} : ${name.value}`]),
      ...listen,
    ]),
  ),
];

/** All tasks of a play and its handlers, in the order of the files; of what is included those that are known before a run. */
export const tasksOf = ({ sections, handlers }: Play): readonly Task[] => walk([...sections, ...handlers]);

/** The tasks of these nodes and of all nodes below them, in the order of the files; of what is included those that are known before a run. */
export const walk = (nodes: readonly TaskNode[]): readonly Task[] =>
  leaves(nodes).flatMap((node) => (node.kind === 'task' ? [node] : walk(broughtBy(node))));

/** The tasks and the includes of these nodes, without what is included. */
export const leaves = (nodes: readonly TaskNode[]): readonly (Task | Include)[] => {
  const found: (Task | Include)[] = [];
  const visit = (node: TaskNode): void => {
    if (node.kind === 'task' || node.kind === 'include') found.push(node);
    else for (const below of childrenOf(node)) visit(below);
  };
  nodes.forEach(visit);
  return found;
};

/** The includes of these nodes, and those that they are known to bring in. */
export const includesOf = (nodes: readonly TaskNode[]): readonly Include[] =>
  leaves(nodes).flatMap((node) => (node.kind === 'task' ? [] : [node, ...includesOf(broughtBy(node))]));

const broughtBy = ({ included }: Include): readonly TaskNode[] =>
  included === undefined ? [] : [...included.nodes, ...included.handlers];

/** It includes tasks that are known only when it runs. */
export const isOpenEnded = ({ sections, handlers }: Play): boolean =>
  includesOf([...sections, ...handlers]).some(({ included }) => included === undefined);

/** The roles in these nodes, and in what they are known to include. */
export const rolesOf = (nodes: readonly TaskNode[]): readonly RoleNode[] =>
  nodes.flatMap((node) => {
    if (node.kind === 'task') return [];
    if (node.kind === 'include') return rolesOf(node.included?.nodes ?? []);
    return [...(node.kind === 'role' ? [node] : []), ...rolesOf(childrenOf(node))];
  });

const childrenOf = (node: Section | Block | RoleNode): readonly TaskNode[] =>
  node.kind === 'block' ? [...node.nodes, ...node.rescue, ...node.always] : node.nodes;

/** The keywords of a play that steer its roll, rendered. */
export interface PlayRollout {
  readonly serial: readonly Amount[];
  readonly maxUnavailable?: Amount;
  /** Of a batch. No limit when absent. */
  readonly maxFailPercentage?: number;
  /** Of the whole run. No limit when absent. */
  readonly maxFailures?: Amount;
  readonly minHealthy?: Amount;
  readonly bake: Milliseconds;
  readonly onFailure: OnFailure;
}
