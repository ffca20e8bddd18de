import type { Milliseconds } from '../../../model/duration.js';
import type { Clock } from '../../../ports/clock.js';

/**
 * The time in which one connection did not wait for its server, but for a person, an agent or AWS. The server's deadline stands still
 * meanwhile.
 */
export class WaitElsewhere {
  #ended: Milliseconds = 0;
  #since: Milliseconds | undefined;
  #answered: Promise<unknown> = Promise.resolve();

  constructor(private readonly clock: Clock) {}

  get spent(): Milliseconds {
    return this.#ended + (this.#since === undefined ? 0 : this.clock.elapsed() - this.#since);
  }

  /** True while the answer is not there. */
  get waiting(): boolean {
    return this.#since !== undefined;
  }

  /** Resolves when no answer is waited for. */
  async answered(): Promise<void> {
    await this.#answered.catch(() => undefined);
  }

  async during<T>(answer: Promise<T>): Promise<T> {
    const since = (this.#since = this.clock.elapsed());
    this.#answered = answer;
    try {
      return await answer;
    } finally {
      this.#ended += this.clock.elapsed() - since;
      this.#since = undefined;
    }
  }
}
