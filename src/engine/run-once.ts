import type { Task } from '../playbook/playbook.js';
import type { TaskOutcome } from './task-outcome.js';

/** The `run_once` tasks of one play: the first host that gets there runs it, all others wait for it and share its outcome. */
export class RunOnce {
  readonly #outcomes = new Map<Task, Promise<TaskOutcome>>();

  /** A skipped outcome is the runner's own: the next eligible host tries. */
  async share(
    task: Task,
    run: () => Promise<TaskOutcome>,
  ): Promise<{ readonly outcome: TaskOutcome; readonly ran: boolean }> {
    for (;;) {
      const known = this.#outcomes.get(task);
      if (known === undefined) {
        const running = run();
        this.#outcomes.set(task, running);
        const outcome = await running;
        if (outcome.status === 'skipped') this.#outcomes.delete(task);
        return { outcome, ran: true };
      }
      const outcome = await known;
      if (outcome.status !== 'skipped') return { outcome, ran: false };
    }
  }
}
