import type { Expression } from '../expression/condition.js';
import type { Amount, OnFailure } from '../model/settings.js';
import type { Milliseconds } from '../model/duration.js';
import type { Locate, Place } from '../model/source.js';

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

export interface Play {
  readonly name: string;
  readonly at: Place;
  /** A pattern `a:&b:!c`; may be a template. */
  readonly hosts: Raw<string>;
  readonly vars: Raw<Readonly<Record<string, unknown>>>;
  readonly varsFiles: Raw<readonly string[]>;
  /** Numbers, percentages, or a list of them; undefined is all at once. */
  readonly serial?: Raw;
  readonly strategy: 'free' | 'linear';
  readonly maxFailPercentage?: Raw;
  readonly anyErrorsFatal: boolean;
  readonly minHealthy?: Raw;
  readonly bake?: Raw;
  readonly onFailure?: Raw;
  /** `pre_tasks`, `tasks` and `post_tasks`, in this order. */
  readonly sections: readonly Section[];
  /** In the order in which they run when several are notified. */
  readonly handlers: readonly Handler[];
}

/**
 * What a play runs is a tree. Its leaves are tasks; what keeps nodes together is a node too. A task holds all that it inherits from the
 * nodes above it, so that none of these has to be asked.
 */
export type TaskNode = Section | Block | Task;

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

/** What a task has from the play and the blocks around it, unless it says otherwise itself. */
export interface Inherited {
  readonly become: boolean;
  /** The mappings that its environment is made of, the lowest first. */
  readonly environment: readonly Raw<Readonly<Record<string, unknown>>>[];
  readonly tags: readonly string[];
  /** CEL. All must hold, the outermost block's first; they are asked before each task. */
  readonly when: readonly Expression[];
  /** The lowest first. */
  readonly vars: readonly Raw<Readonly<Record<string, unknown>>>[];
  readonly ignoreErrors: boolean;
  readonly ignoreUnreachable: boolean;
  readonly runOnce: boolean;
  readonly noLog: boolean;
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
  /** The place of the task in its play, from 0, counted over all sections. */
  readonly index: number;
  /** The given name, or the module's. May hold templates. */
  readonly name: Raw<string>;
  readonly at: Place;
  readonly module: string;
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
}

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
export interface Handler extends Task {
  readonly listen: readonly string[];
}

/** What can be notified. */
export const handlerNames = (handlers: readonly Handler[]): readonly string[] => [
  ...new Set(handlers.flatMap(({ name, listen }) => [name.value, ...listen])),
];

/** All tasks of a play and its handlers, in the order of the file. */
export const tasksOf = ({ sections, handlers }: Play): readonly Task[] => [...walk(sections), ...handlers];

/** The tasks of these nodes and of all nodes below them, in the order of the file. */
export const walk = (nodes: readonly TaskNode[]): readonly Task[] =>
  nodes.flatMap((node) => {
    if (node.kind === 'task') return [node];
    return walk(node.kind === 'block' ? [...node.nodes, ...node.rescue, ...node.always] : node.nodes);
  });

/** The keywords of a play that steer its roll, rendered. */
export interface PlayRollout {
  readonly serial: readonly Amount[];
  readonly maxFailPercentage: number;
  readonly minHealthy?: Amount;
  readonly bake: Milliseconds;
  readonly onFailure: OnFailure;
}
