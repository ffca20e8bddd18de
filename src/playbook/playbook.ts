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
}

/**
 * What a play runs is a tree. Its leaves are tasks; what keeps nodes together is a node too. A task holds all that it inherits from the
 * nodes above it, so that none of these has to be asked.
 */
export type TaskNode = Section | Task;

export interface Section {
  readonly kind: 'section';
  readonly name: 'pre_tasks' | 'tasks' | 'post_tasks';
  readonly nodes: readonly TaskNode[];
}

/** What a task inherits from the play. */
export interface Inherited {
  readonly become: boolean;
  /** The mappings that its environment is made of, the lowest first. */
  readonly environment: readonly Raw<Readonly<Record<string, unknown>>>[];
  readonly tags: readonly string[];
}

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
  /** CEL. A list means that all must hold. */
  readonly when: readonly Expression[];
  readonly loop?: Raw;
  /** The name of the loop variable: `item`. */
  readonly loopVar: string;
  readonly register?: string;
  readonly until?: Expression;
  readonly retries: number;
  readonly delay: Milliseconds;
  readonly failedWhen: readonly Expression[];
  readonly changedWhen: readonly Expression[];
  readonly ignoreErrors: boolean;
  readonly ignoreUnreachable: boolean;
  readonly runOnce: boolean;
  readonly oneWay: boolean;
  readonly timeout?: Milliseconds;
  readonly noLog: boolean;
  readonly vars: Raw<Readonly<Record<string, unknown>>>;
}

/** The tasks of these nodes and of all nodes below them, in the order of the file. */
export const walk = (nodes: readonly TaskNode[]): readonly Task[] =>
  nodes.flatMap((node) => (node.kind === 'task' ? [node] : walk(node.nodes)));

/** The keywords of a play that steer its roll, rendered. */
export interface PlayRollout {
  readonly serial: readonly Amount[];
  readonly maxFailPercentage: number;
  readonly minHealthy?: Amount;
  readonly bake: Milliseconds;
  readonly onFailure: OnFailure;
}
