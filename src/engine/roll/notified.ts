import { unknownHandler } from '../../errors/playbook.js';
import { render } from '../../expression/templates.js';
import { UnknownValue } from '../../model/unknown.js';
import { handlerNames, type Handler, type Task } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { variablesOf } from '../task/task-variables.js';
import { nameOf } from '../task/tell-task.js';
import type { TurnPlay } from './turn-play.js';

/** The handlers of a play that one host's tasks have notified and that have not run yet. */
export class Notified {
  readonly #pending = new Set<Handler>();

  constructor(
    private readonly session: HostSession,
    private readonly play: TurnPlay,
  ) {}

  /** What this task, which changed something, notifies. Throws `playbook.unknown_handler`, and what is wrong with a template. */
  by(task: Task): void {
    for (const { value, locate } of task.notify) {
      const names = render({ value, locate }, variablesOf(task, this.session, this.play));
      if (names instanceof UnknownValue) continue;
      for (const [index, name] of (Array.isArray(names)
        ? (names as readonly unknown[])
        : [names]
      ).entries()) {
        this.#notify(String(name), () => locate([index]) ?? task.at);
      }
    }
  }

  /** As in Ansible: all that listen to the name, and of those that have it the last one. */
  #notify(name: string, at: () => Task['at']): void {
    const { handlers } = this.play.play;
    const named = handlers.findLast((handler) => nameOf(handler, this.session, this.play) === name);
    const found = handlers.filter((handler) => handler === named || handler.listen.includes(name));
    if (found.length === 0) throw unknownHandler(name, handlerNames(handlers), { at: at() });
    for (const handler of found) this.#pending.add(handler);
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
