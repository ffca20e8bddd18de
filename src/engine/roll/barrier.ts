/**
 * Where the turns of a batch wait for one another before each task, under `strategy: linear`. Those whose next task is the first in the play
 * go on, the others wait for them: a host that is rescued has tasks which the others do not have.
 */
export class Barrier {
  #members: number;
  #waiting: { readonly index: number; readonly go: () => void }[] = [];

  constructor(members: number) {
    this.#members = members;
  }

  /** Resolves when all members that are still in have arrived, and none has a task before the one of this index. */
  arrive(index: number): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ index, go });
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
    const first = Math.min(...this.#waiting.map(({ index }) => index));
    const going = this.#waiting.filter(({ index }) => index === first);
    this.#waiting = this.#waiting.filter(({ index }) => index !== first);
    for (const { go } of going) go();
  }
}
