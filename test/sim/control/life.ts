import type { Milliseconds } from '../../../src/model/duration.js';
import type { FakeClock } from '../../fakes/fake-clock.js';

const never = new Promise<never>(() => undefined);

/**
 * Whether a process of the control side runs. Everything that would resume in it asks here first: in a process that was killed nothing
 * ever goes on (no `finally` runs), in one that is frozen it goes on when that is over.
 */
export class Life {
  readonly killed: Promise<void>;
  #tellKilled: () => void = () => undefined;
  #dead = false;
  #frozenUntil: Milliseconds = 0;

  constructor(private readonly clock: FakeClock) {
    this.killed = new Promise((resolve) => {
      this.#tellKilled = resolve;
    });
  }

  get isDead(): boolean {
    return this.#dead;
  }

  kill(): void {
    this.#dead = true;
    this.#tellKilled();
  }

  /** As SIGSTOP does, or a machine that swaps: clocks go on. */
  freeze(lasts: Milliseconds): void {
    this.#frozenUntil = this.clock.elapsed() + lasts;
  }

  /** Resolves when the process may go on. */
  async goesOn(): Promise<void> {
    for (;;) {
      if (this.#dead) await never;
      const left = this.#frozenUntil - this.clock.elapsed();
      if (left <= 0) return;
      await new Promise<void>((resolve) => this.clock.after(left, resolve));
    }
  }
}
