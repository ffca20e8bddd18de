import type { Readable } from 'node:stream';

/** Gives the chunks of a stream to a taker, one after the other; no more is read while the taker is at work. */
export class ChunkFeed {
  #reject: (reason: unknown) => void = () => undefined;
  /** Rejects with what the taker threw; never resolves. */
  readonly failed = new Promise<never>((_resolve, reject) => (this.#reject = reject));
  #failure: { readonly reason: unknown } | undefined;
  #taking: Promise<void> | undefined;
  #stopped = false;

  constructor(
    private readonly source: Readable,
    private readonly take: (chunk: Buffer) => void | Promise<void>,
  ) {
    // For later readers; all that wait for it get the failure.
    this.failed.catch(() => undefined);
    source.on('data', (chunk: Buffer) => this.#hand(chunk));
  }

  /** What the taker threw, when it did. */
  get failure(): { readonly reason: unknown } | undefined {
    return this.#failure;
  }

  /** The taker is at work, or there is more for it. */
  get busy(): boolean {
    return this.#taking !== undefined || (this.source.readableLength > 0 && !this.source.destroyed);
  }

  /** Resolves when the taker has done what it was given so far. */
  async idle(): Promise<void> {
    while (this.#taking !== undefined) await this.#taking;
  }

  /** What still comes is dropped. */
  stop(): void {
    this.#stopped = true;
  }

  #hand(chunk: Buffer): void {
    if (this.#stopped) return;
    if (this.#taking !== undefined) {
      this.#wait(this.#taking.then(() => this.take(chunk)));
      return;
    }
    try {
      const taking = this.take(chunk);
      if (taking !== undefined) this.#wait(taking);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#reject(reason);
  }

  #wait(taking: Promise<void>): void {
    this.source.pause();
    const taken = taking.then(
      () => {
        if (this.#taking !== taken) return;
        this.#taking = undefined;
        this.source.resume();
      },
      (error: unknown) => {
        if (this.#taking === taken) this.#taking = undefined;
        this.#fail(error);
      },
    );
    this.#taking = taken;
  }
}
