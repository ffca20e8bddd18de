import { identityOf, type Task } from '../../playbook/playbook.js';

/** Keeps the hosts of a play that run a task with `throttle` at once below its number, over all its batches. */
export class Throttles {
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Acts when it may. Throws the signal's reason when it is aborted while it waits, and what `act` throws. */
  async within<T>(task: Task, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    if (task.throttle === undefined) return act();
    const key = identityOf(task);
    await this.#enter(key, task.throttle, signal);
    try {
      return await act();
    } finally {
      this.#leave(key);
    }
  }

  async #enter(key: string, most: number, signal: AbortSignal): Promise<void> {
    while ((this.#running.get(key) ?? 0) >= most) {
      await new Promise<void>((go) => {
        this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), go]);
        signal.addEventListener('abort', () => go(), { once: true });
      });
      signal.throwIfAborted();
    }
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  /** Those that wait ask again, in the order in which they came. */
  #leave(key: string): void {
    this.#running.set(key, (this.#running.get(key) ?? 1) - 1);
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const go of waiting) go();
  }
}
