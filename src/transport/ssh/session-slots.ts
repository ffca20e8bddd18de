/** A limited number of places, given out in the order in which they are asked for. */
export class SessionSlots {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private limit: number) {}

  /** Resolves with the function that gives the place back; with nothing when the signal is aborted before. */
  async take(signal?: AbortSignal): Promise<(() => void) | undefined> {
    if (signal?.aborted === true) return undefined;
    if (this.#taken < this.limit) this.#taken += 1;
    else if (!(await this.#turn(signal))) return undefined;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken -= 1;
      this.#admit();
    };
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * The server refused one more while `others` were taken: so many it bears, or fewer. False when there were none, and no waiting
   * will help.
   */
  shrink(others: number): boolean {
    if (others === 0) return false;
    this.limit = Math.max(1, Math.min(this.limit, others, this.#taken - 1));
    return true;
  }

  /** Waits for a place that was given back; false when the signal is aborted before. */
  #turn(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const proceed = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        resolve(false);
      };
      this.#waiting.push(proceed);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #admit(): void {
    if (this.#taken >= this.limit) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    // Taken in its name at once, so that nobody comes in between.
    this.#taken += 1;
    next();
  }
}
