/** Where the turns of a batch wait for one another before each task, under `strategy: linear`. */
export class Barrier {
  #members: number;
  #waiting: (() => void)[] = [];

  constructor(members: number) {
    this.#members = members;
  }

  /** Resolves when all members that are still in have arrived. */
  arrive(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#openIfComplete();
    });
  }

  /** A turn that ended is waited for no more. */
  leave(): void {
    this.#members -= 1;
    this.#openIfComplete();
  }

  #openIfComplete(): void {
    if (this.#waiting.length < this.#members) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
