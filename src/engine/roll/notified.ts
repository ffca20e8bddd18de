import { unknownHandler } from '../../errors/playbook.js';
import { render } from '../../expression/templates.js';
import { UnknownValue } from '../../model/unknown.js';
import { handlerNames, type Handler, type Task } from '../../playbook/playbook.js';
import { formatPlace, type Place } from '../../model/source.js';
import type { HostSession } from '../host-session.js';
import { variablesOf } from '../task/task-variables.js';
import { nameOf } from '../task/tell-task.js';
import type { TurnPlay } from './turn-play.js';

/** The handlers of a play that one host's tasks have notified and that have not run yet. */
export class Notified {
  readonly #pending = new Set<Handler>();
  #learnt: readonly Handler[] = [];

  constructor(
    private readonly session: HostSession,
    private readonly play: TurnPlay,
  ) {}

  /** In the order in which they run when several are notified. */
  get handlers(): readonly Handler[] {
    return [...this.play.play.handlers, ...this.#learnt];
  }

  /** The handlers of a role that was included, where the play did not know which one that would be. */
  learn(handlers: readonly Handler[]): void {
    this.#learnt = [...new Set([...this.#learnt, ...handlers])];
  }

  /** What this task, which changed something, notifies. Throws `playbook.unknown_handler`, and what is wrong with a template. */
  by(task: Task): void {
    for (const { value, locate } of task.notify) {
      const names = render({ value, locate }, variablesOf(task, this.session, this.play));
      if (names instanceof UnknownValue) continue;
      for (const [index, name] of (Array.isArray(names)
        ? (names as readonly unknown[])
        : [names]
      ).entries()) {
        this.#notify(String(name), task, () => locate([index]) ?? task.at);
      }
    }
  }

  /**
   * As in Ansible: all that listen to the name, and of those that have it the last one. But of a role that is used several times it is the handler
   * of the same use, which has the same variables.
   */
  #notify(name: string, { role }: Task, at: () => Task['at']): void {
    const { handlers } = this;
    const named = handlers.findLast((handler) => this.#answersTo(handler, name));
    const found = handlers.filter((handler) => handler === named || handler.listen.includes(name));
    if (found.length === 0) throw unknownHandler(name, handlerNames(handlers), { at: at() });
    for (const handler of found) {
      const own = handlers.find(
        (other) => isSamePlace(other.at, handler.at) && other.role?.key === role?.key,
      );
      this.#pending.add(own ?? handler);
    }
  }

  #answersTo(handler: Handler, name: string): boolean {
    const own = nameOf(handler, this.session, this.play);
    return own === name || (handler.role !== undefined && `${handler.role.name} : ${own}` === name);
  }

  /** Whether this handler is to run now; then it is not any more. */
  take(handler: Handler): boolean {
    return this.#pending.delete(handler);
  }

  /** The names of those that did not run. */
  get pending(): readonly string[] {
    return [...this.#pending].map((handler) => nameOf(handler, this.session, this.play));
  }
}

const isSamePlace = (one: Place, other: Place): boolean => formatPlace(one) === formatPlace(other);
