import type { EventBody } from '../events/event.js';

/**
 * What the ports tell that no call of theirs returns, for the run to tell on: a key that was recorded while some task was connecting.
 * What is said before the first run listens is kept, and given to that run.
 */
export class Notices {
  #listener: ((notice: EventBody) => void) | undefined;
  #unheard: EventBody[] = [];

  tell(notice: EventBody): void {
    if (this.#listener === undefined) this.#unheard.push(notice);
    else this.#listener(notice);
  }

  /** From now on this listener gets them, and no other. */
  listen(listener: (notice: EventBody) => void): void {
    this.#listener = listener;
    const unheard = this.#unheard;
    this.#unheard = [];
    for (const notice of unheard) listener(notice);
  }
}
