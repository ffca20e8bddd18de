import type { Task } from '../../playbook/playbook.js';
import type { TaskOutcome } from '../task/task-outcome.js';

/** The `run_once` tasks of one group's run: the first host that gets there runs it, all others wait for it and share its outcome. */
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
        return { outcome: await this.#runFirst(task, running), ran: true };
      }
      const outcome = await known.catch(() => undefined);
      if (outcome !== undefined && outcome.status !== 'skipped') return { outcome, ran: false };
    }
  }

  /** Whoever was interrupted did not run it for the others: the next one does. */
  async #runFirst(task: Task, running: Promise<TaskOutcome>): Promise<TaskOutcome> {
    try {
      const outcome = await running;
      if (outcome.status === 'skipped') this.#outcomes.delete(task);
      return outcome;
    } catch (error) {
      this.#outcomes.delete(task);
      throw error;
    }
  }
}
