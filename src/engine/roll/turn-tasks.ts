import type { AdfError } from '../../errors/adf-error.js';
import { handlersSkipped, interrupted, playHaltedCode } from '../../errors/engine.js';
import { defined } from '../../model/defined.js';
import { touchesHost } from '../../model/hold.js';
import { describeHost } from '../../model/host.js';
import { meta, metaAction } from '../../modules/meta.js';
import {
  walk,
  type Block,
  type Handler,
  type Section,
  type Task,
  type TaskNode,
} from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { isSelected } from '../task/tags.js';
import { isBeyondTask } from '../task/task-call.js';
import { runTask } from '../task/task.js';
import { runAndTell, type ToldOutcome } from '../task/tell-task.js';
import { Notified } from './notified.js';
import type { TurnPlay } from './turn-play.js';
import type { Barrier } from './turn.js';

/** How the tasks of a turn ended. */
export interface Ended {
  readonly status: 'ok' | 'failed' | 'unreachable' | 'interrupted';
  readonly error?: AdfError;
}

/** How a node ended: `over` when `meta` ended the turn with it, in good order. */
type NodeEnded = Ended | { readonly status: 'over'; readonly error?: never };

const well: NodeEnded = { status: 'ok' };

/** The tasks of one host's turn, in their order: sections, blocks, and the handlers that were notified. */
export class TurnTasks {
  readonly #cancel = new AbortController();
  readonly #notified: Notified;

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
      return ended.status === 'over' ? { status: 'ok' } : ended;
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
      const last = Math.max(...walk(section.nodes).map(({ index }) => index));
      const handlers = await this.#flush(last, isLast);
      if (tasks.status !== 'ok')
        return tasks.status === 'over' && handlers.status !== 'ok' ? handlers : tasks;
      if (handlers.status !== 'ok') return handlers;
    }
    return well;
  }

  /** Runs what is below these nodes, one after the other, until one of them does not end well. */
  async #nodes(nodes: readonly TaskNode[]): Promise<NodeEnded> {
    for (const node of nodes) {
      const ended = await this.#node(node);
      if (ended.status !== 'ok') return ended;
    }
    return well;
  }

  #node(node: TaskNode): Promise<NodeEnded> {
    switch (node.kind) {
      case 'task':
        return this.#task(node);
      case 'block':
        return this.#block(node);
      case 'section':
        return this.#nodes(node.nodes);
    }
  }

  /** A rescue that ends well makes good for the failure; one that does not, and an `always` that does not, fails the block itself. */
  async #block({ nodes, rescue, always }: Block): Promise<NodeEnded> {
    const tried = await this.#nodes(nodes);
    const ended = isRescued(tried, rescue) ? await this.#nodes(rescue) : tried;
    if (ended.status !== 'ok' && ended.status !== 'failed') return ended;
    const last = await this.#nodes(always);
    return ended.status === 'failed' ? ended : last;
  }

  async #task(task: Task, position = task.index, isHandler = false): Promise<NodeEnded> {
    const { session, play, barrier } = this;
    const { stop, gate, tags } = session.run;
    if (!isHandler && !isSelected(task.tags, tags)) return well;
    await barrier?.arrive(position);
    if (stop.signal.aborted) this.#onStop();
    if (gate.closedBy !== undefined) return { status: 'failed', error: gate.closedBy };
    if (this.#cancel.signal.aborted || isHalted(session, play)) return { status: 'interrupted' };
    if (task.module === meta.name) return this.#meta(task);
    const outcome = await runAndTell(task, session, play, this.#cancel.signal);
    if (outcome.status === 'changed') this.#notified.by(task);
    return endedBy(outcome);
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
        return this.#flush(task.index, false);
      case 'end_play':
        play.end();
        return { status: 'over' };
      case 'end_batch':
      case 'end_host':
        return { status: 'over' };
    }
  }

  /**
   * Runs the handlers that are notified, in the order in which the play has them. One that a later handler notifies waits for the next time;
   * when there is none (`isLast`) it runs now, each at most once more.
   */
  async #flush(after: number, isLast: boolean): Promise<NodeEnded> {
    const ran = new Set<Handler>();
    for (let again = true; again;) {
      again = false;
      for (const [number, handler] of this.play.play.handlers.entries()) {
        if (ran.has(handler) || !this.#notified.take(handler)) continue;
        ran.add(handler);
        again = isLast;
        const ended = await this.#task(
          handler,
          after + (number + 1) / (this.play.play.handlers.length + 1),
          true,
        );
        if (ended.status !== 'ok') return ended;
      }
    }
    return well;
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

/** What was replaced in this turn is proven healthy. */
const isFinishing = ({ target: { prover }, run, host }: HostSession): boolean =>
  prover.isProven && touchesHost(run.holds.openOf(host.id));

/** Too many hosts failed while this one had nothing taken from it yet: it is left alone. */
const isHalted = ({ run, host }: HostSession, { budget }: TurnPlay): boolean =>
  budget.exceeded && run.holds.openOf(host.id).length === 0;
