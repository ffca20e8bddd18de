import { identityOf, type Task } from '../../playbook/playbook.js';
import type { TaskOutcome } from '../task/task-outcome.js';

/**
 * The `run_once` tasks of one group's run, or of one batch: the first host that gets there runs it, all others wait for it and share its outcome.
 */
export class RunOnce {
  readonly #outcomes = new Map<string, Promise<TaskOutcome>>();

  /** A skipped outcome is the runner's own: the next eligible host tries. */
  async share(
    task: Task,
    run: () => Promise<TaskOutcome>,
  ): Promise<{ readonly outcome: TaskOutcome; readonly ran: boolean }> {
    const key = identityOf(task);
    for (;;) {
      const known = this.#outcomes.get(key);
      if (known === undefined) {
        const running = run();
        this.#outcomes.set(key, running);
        return { outcome: await this.#runFirst(key, running), ran: true };
      }
      const outcome = await known.catch(() => undefined);
      if (outcome !== undefined && !isPassedOver(outcome)) return { outcome, ran: false };
    }
  }

  /** A host that was interrupted did not run it for the others: the next one does. */
  async #runFirst(key: string, running: Promise<TaskOutcome>): Promise<TaskOutcome> {
    try {
      const outcome = await running;
      if (isPassedOver(outcome)) this.#outcomes.delete(key);
      return outcome;
    } catch (error) {
      this.#outcomes.delete(key);
      throw error;
    }
  }
}

const isPassedOver = ({ status, hadNothingToDo }: TaskOutcome): boolean =>
  status === 'skipped' && hadNothingToDo !== true;
