import { ofTask, type AdfError } from '../../errors/adf-error.js';
import { handlersSkipped, interrupted, playHaltedCode } from '../../errors/engine.js';
import { defined } from '../../model/defined.js';
import { touchesHost } from '../../model/hold.js';
import { describeHost } from '../../model/host.js';
import { meta, metaAction } from '../../modules/meta.js';
import {
  leaves,
  type Block,
  type Handler,
  type Include,
  type Position,
  type RoleNode,
  type RoleVariables,
  type Section,
  type Task,
  type TaskNode,
  type TaskVars,
} from '../../playbook/playbook.js';
import { isSelected } from '../../playbook/tags.js';
import type { HostSession } from '../host-session.js';
import { isBeyondTask } from '../task/task-call.js';
import { runTask } from '../task/task.js';
import { runAndTell, titleOf, type ToldOutcome } from '../task/tell-task.js';
import { effectOf } from './handler-effect.js';
import { includeAndTell } from './include.js';
import { inFrame, type Frame } from './included.js';
import { Notified } from './notified.js';
import type { TurnPlay } from './turn-play.js';
import type { Barrier } from './turn.js';

/** How the tasks of a turn ended. */
export interface Ended {
  readonly status: 'ok' | 'failed' | 'unreachable' | 'interrupted';
  readonly error?: AdfError;
  /** The last task that was begun, where it did not end well. */
  readonly at?: Position;
}

/** How a node ended: `over` when `meta` ended the turn with it, in good order. */
type NodeEnded = Ended | { readonly status: 'over'; readonly error?: never };

const well: NodeEnded = { status: 'ok' };

/** The tasks of one host's turn, in their order: sections, blocks, and the handlers that were notified. */
export class TurnTasks {
  readonly #cancel = new AbortController();
  readonly #notified: Notified;
  /** The roles that ran here, by their keys. */
  readonly #roles = new Set<string>();
  /** The last task that was begun. */
  #at: Position | undefined;
  /** How many tasks ran so far, skipped ones not counted. */
  #ran = 0;
  #published: RoleVariables | undefined;
  /** The variables of the last item that each include ran for: those that the handlers of its role see. */
  readonly #items = new Map<TaskVars, TaskVars>();

  constructor(
    private readonly session: HostSession,
    private readonly play: TurnPlay,
    private readonly barrier: Barrier | undefined,
  ) {
    this.#notified = new Notified(session, play);
  }

  /** Runs them all, or until one does not end well. A host that is asked to stop goes on only where finishing is the safe way out. */
  async run(): Promise<Ended> {
    const { stop, gate } = this.session.run;
    const onLeaseLost = (): void => this.#cancel.abort(gate.lost.reason);
    stop.signal.addEventListener('abort', this.#onStop, { once: true });
    gate.lost.addEventListener('abort', onLeaseLost, { once: true });
    try {
      const ended = await this.#sections(this.play.play.sections);
      if (ended.status === 'over' || ended.status === 'ok') return { status: 'ok' };
      return { ...ended, ...defined({ at: this.#at }) };
    } catch (error) {
      if (gate.closedBy !== undefined) return { status: 'failed', error: gate.closedBy };
      if (this.#cancel.signal.aborted) return { status: 'interrupted' };
      throw error;
    } finally {
      stop.signal.removeEventListener('abort', this.#onStop);
      gate.lost.removeEventListener('abort', onLeaseLost);
    }
  }

  /** When new containers are proven healthy, the turn is finished. */
  readonly #onStop = (): void => {
    if (!isFinishing(this.session))
      this.#cancel.abort(interrupted(this.session.run.stop.name() ?? 'a signal'));
  };

  /** Each section ends with the handlers that were notified in it; so does a turn that fails, before its host is restored. */
  async #sections(sections: readonly Section[]): Promise<NodeEnded> {
    for (const section of sections) {
      const tasks = await this.#nodes(section.nodes);
      if (tasks.status === 'unreachable') this.#tellSkipped();
      if (tasks.status === 'unreachable' || tasks.status === 'interrupted') return tasks;
      const isLast = tasks.status !== 'ok' || section === sections.at(-1);
      const handlers = await this.#flush(leaves(section.nodes).at(-1)?.position ?? [], isLast);
      if (tasks.status !== 'ok')
        return tasks.status === 'over' && handlers.status !== 'ok' ? handlers : tasks;
      if (handlers.status !== 'ok') return handlers;
    }
    return well;
  }

  /** Runs what is below these nodes, one after the other, until one of them does not end well. */
  async #nodes(nodes: readonly TaskNode[], frame?: Frame): Promise<NodeEnded> {
    for (const node of nodes) {
      const ended = await this.#node(node, frame);
      if (ended.status !== 'ok') return ended;
    }
    return well;
  }

  #node(node: TaskNode, frame: Frame | undefined): Promise<NodeEnded> {
    switch (node.kind) {
      case 'task':
        return this.#task(inFrame(node, frame, this.#published), frame?.isHandler);
      case 'include':
        return this.#include(inFrame(node, frame, this.#published), frame);
      case 'role':
        return this.#role(node, frame);
      case 'block':
        return this.#block(node, frame);
      case 'section':
        return this.#nodes(node.nodes, frame);
    }
  }

  /** As in Ansible, a role of which no task ran (all were skipped) has not run. */
  async #role({ key, mayRepeat, nodes, publishes }: RoleNode, frame: Frame | undefined): Promise<NodeEnded> {
    if (this.#roles.has(key) && !mayRepeat) return well;
    const before = this.#ran;
    const ended = await this.#nodes(nodes, frame);
    if (ended.status === 'ok' && this.#ran > before) this.#roles.add(key);
    this.#publish(publishes);
    return ended;
  }

  #publish(role: RoleVariables | undefined): void {
    if (role === undefined) return;
    const { defaults = [], vars = [] } = this.#published ?? {};
    this.#published = { defaults: [...defaults, ...role.defaults], vars: [...vars, ...role.vars] };
  }

  /** All that it brings in is known before the first task of it runs. */
  async #include(
    include: Include,
    frame: Frame | undefined,
    isHandler = frame?.isHandler,
  ): Promise<NodeEnded> {
    const { session, play } = this;
    const stopped = await this.#begins(include, isHandler);
    if (stopped !== undefined) return stopped;
    if ((await session.run.steps?.mayRun(include, titleOf(include, session, play))) === false) return well;
    const { outcome, copies } = await includeAndTell(include, session, play, frame, isHandler === true);
    const told = this.#endedIn(include, outcome);
    if (told.status !== 'ok') return told;
    for (const { included, frame: own } of copies) {
      for (const [item, values] of own.items) this.#items.set(item, values);
      this.#notified.learn(included.handlers);
      const ended = await this.#nodes(included.nodes, own);
      this.#publish(included.publishes);
      if (ended.status !== 'ok') return ended;
    }
    return well;
  }

  /** A rescue that ends well makes good for the failure; one that does not, and an `always` that does not, fails the block itself. */
  async #block({ nodes, rescue, always }: Block, frame: Frame | undefined): Promise<NodeEnded> {
    const tried = await this.#nodes(nodes, frame);
    const ended = isRescued(tried, rescue) ? await this.#nodes(rescue, frame) : tried;
    if (ended.status !== 'ok' && ended.status !== 'failed') return ended;
    const last = await this.#nodes(always, frame);
    return ended.status === 'failed' ? ended : last;
  }

  async #task(task: Task, isHandler = false): Promise<NodeEnded> {
    const { session, play } = this;
    const stopped = await this.#begins(task, isHandler);
    if (stopped !== undefined) return stopped;
    if (task.module === meta.name) return this.#meta(task);
    if ((await session.run.steps?.mayRun(task, titleOf(task, session, play))) === false) return well;
    const outcome = await play.throttles.within(task, this.#cancel.signal, () =>
      runAndTell(task, session, play, this.#cancel.signal),
    );
    if (outcome.status !== 'skipped') this.#ran += 1;
    if (outcome.status === 'changed') this.#notified.by(task);
    return this.#endedIn(task, outcome);
  }

  /** Waits for its turn among the hosts of a linear batch; gives how it ends when it does not run. */
  async #begins({ tags, position }: Task | Include, isHandler = false): Promise<NodeEnded | undefined> {
    const { session, play, barrier } = this;
    const { stop, gate } = session.run;
    if (!isHandler && !isSelected(tags, session.run.tags)) return well;
    await barrier?.arrive(session, position);
    this.#at = position;
    if (stop.signal.aborted) this.#onStop();
    if (gate.closedBy !== undefined) return { status: 'failed', error: gate.closedBy };
    return this.#cancel.signal.aborted || isHalted(session, play) ? { status: 'interrupted' } : undefined;
  }

  /** What steers the turn itself is no task that people count. */
  async #meta(task: Task): Promise<NodeEnded> {
    const { session, play } = this;
    const event = { play: play.play.name, index: task.index, name: task.name.value, module: task.module };
    const asked = await runTask(task, event, session, play, this.#cancel.signal);
    if (asked.status === 'failed') return { status: 'failed', ...defined({ error: asked.error }) };
    switch (metaAction(asked.registered)) {
      case undefined:
      case 'noop':
        return well;
      case 'flush_handlers':
        return this.#flush(task.position, false);
      case 'end_play':
        play.end();
        return { status: 'over' };
      case 'clear_host_errors':
        play.clearErrors(task.position);
        return well;
      case 'end_batch':
      case 'end_host':
        return { status: 'over' };
    }
  }

  /**
   * Runs the handlers that are notified, in the order in which the play has them. One that a later handler notifies waits for the next time;
   * when there is none (`isLast`) it runs now, each at most once more.
   */
  async #flush(after: Position, isLast: boolean): Promise<NodeEnded> {
    const ran = new Set<Handler>();
    const effects = new Set<string>();
    for (let again = true; again;) {
      again = false;
      for (const [number, handler] of this.#notified.handlers.entries()) {
        if (ran.has(handler) || !this.#notified.take(handler)) continue;
        ran.add(handler);
        again = isLast;
        const own = this.#asNow(handler, [...afterAllOf(after), number]);
        // A role that is used several times has a handler for each use, and one restart is enough for all.
        const effect = effectOf(own, this.session, this.play);
        if (effect !== undefined && effects.has(effect)) continue;
        if (effect !== undefined) effects.add(effect);
        const ended = await this.#handler(own);
        if (ended.status !== 'ok') return ended;
      }
    }
    return well;
  }

  /** The handler with the variables that it has now. */
  #asNow(handler: Handler, position: Position): Handler {
    const vars = handler.vars.map((one) => this.#items.get(one) ?? one);
    return inFrame({ ...handler, position, vars }, undefined, this.#published);
  }

  #handler(handler: Handler): Promise<NodeEnded> {
    return handler.kind === 'task' ? this.#task(handler, true) : this.#include(handler, undefined, true);
  }

  /** The error of a task tells which, and where it stands. */
  #endedIn(task: Task | Include, outcome: ToldOutcome): NodeEnded {
    const ended = endedBy(outcome);
    if (ended.error === undefined || isBeyondTask(ended.error)) return ended;
    const error = ofTask(ended.error, titleOf(task, this.session, this.play), task.at);
    return { ...ended, error };
  }

  #tellSkipped(): void {
    const names = this.#notified.pending;
    if (names.length === 0) return;
    const { run, eventHost, host } = this.session;
    const message = handlersSkipped(names);
    run.bus.emit({ type: 'warning', host: eventHost, message });
    run.tally.warn(message, describeHost(host));
  }
}

/** What stops more than one task is beyond what a block could put right. */
const isRescued = ({ status, error }: NodeEnded, rescue: readonly TaskNode[]): boolean =>
  status === 'failed' && rescue.length > 0 && (error === undefined || !isBeyondTask(error));

/** What a task's outcome means for the turn. */
function endedBy({ status, error, excused }: ToldOutcome): NodeEnded {
  const failed = status === 'failed' || status === 'unreachable';
  if (!failed || excused === 'ignored') return well;
  if (error?.code === playHaltedCode) return { status: 'interrupted' };
  return { status, ...defined({ error }) };
}

/** Behind the task of this position and all that is within it, and before the next. */
const afterAllOf = (position: Position): Position => [...position.slice(0, -1), (position.at(-1) ?? 0) + 0.5];

/** What was replaced in this turn is proven healthy. */
const isFinishing = ({ target: { prover }, run, host }: HostSession): boolean =>
  prover.isProven && touchesHost(run.holds.openOf(host.id));

/** Too many hosts failed while this one had nothing taken from it yet: it is left alone. */
const isHalted = ({ run, host }: HostSession, { budget }: TurnPlay): boolean =>
  budget.exceeded && run.holds.openOf(host.id).length === 0;
