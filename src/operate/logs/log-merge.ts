import type { Milliseconds } from '../../model/duration.js';
import type { Clock } from '../../ports/clock.js';
import type { LogTime } from '../../ports/container-logs.js';

/** Lines and bytes of text that wait in one input; a stream that brings more has to wait. */
const mostLines = 256;
const mostText = 262_144;

interface Mergeable {
  readonly at: LogTime;
  readonly text: string;
}

interface Waiting<L> {
  readonly line: L;
  /** When it came, as a reading of `Clock.elapsed`. */
  readonly came: Milliseconds;
}

/** One stream of lines that goes into a merge. */
export interface MergeInput<L> {
  /** Resolves when there is room for the next line. */
  push(line: L): Promise<void>;
  /**
   * From now on the merge waits for this input no longer than the window: it prints what happens now. Until then it brings what happened
   * before, and the merge waits for its next line or its end.
   */
  live(): void;
  /** No more lines come. */
  end(): void;
}

/**
 * Merges streams of lines by time. While all inputs bring what happened before, the result is sorted as far as each of them is. An input that
 * is live is waited for at most `window` after a line came: the result is sorted but for lines that are later than that. Nothing is lost and
 * nothing comes twice. Memory is bounded by what each input may hold.
 */
export class LogMerge<L extends Mergeable> {
  readonly #inputs = new Set<Input<L>>();
  #keepers = 0;
  #wake: () => void = () => undefined;
  #changed = this.#nextChange();

  constructor(
    private readonly clock: Clock,
    private readonly window: Milliseconds,
  ) {}

  /** How many lines wait in it. */
  get waiting(): number {
    return [...this.#inputs].reduce((sum, { queue }) => sum + queue.length, 0);
  }

  add(): MergeInput<L> {
    const input = new Input<L>(this.clock, () => this.#wake());
    this.#inputs.add(input);
    return input;
  }

  /** More inputs may come, until the function that it gives is called. */
  keepOpen(): () => void {
    this.#keepers += 1;
    return () => {
      this.#keepers -= 1;
      this.#wake();
    };
  }

  /** The next line; undefined when all inputs have ended and no more can come. Throws the signal's reason. */
  async next(signal?: AbortSignal): Promise<L | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      for (const input of this.#inputs) {
        if (input.hasEnded && input.queue.length === 0) this.#inputs.delete(input);
      }
      if (this.#inputs.size === 0 && this.#keepers === 0) return undefined;
      const first = this.#first();
      const wait = first === undefined ? Infinity : this.#stillToWait(first);
      if (first !== undefined && wait <= 0) return first.take();
      await this.#somethingOr(wait, signal);
    }
  }

  #first(): Input<L> | undefined {
    let first: Input<L> | undefined;
    let at: LogTime | undefined;
    for (const input of this.#inputs) {
      const head = input.queue[0]?.line.at;
      if (head !== undefined && (at === undefined || head < at)) [first, at] = [input, head];
    }
    return first;
  }

  #stillToWait(first: Input<L>): Milliseconds {
    let isLiveSilent = false;
    for (const { queue, isLive } of this.#inputs) {
      if (queue.length > 0) continue;
      if (!isLive) return Infinity;
      isLiveSilent = true;
    }
    const came = first.queue[0]?.came ?? 0;
    return isLiveSilent ? came + this.window - this.clock.elapsed() : 0;
  }

  async #somethingOr(wait: Milliseconds, signal: AbortSignal | undefined): Promise<void> {
    const over = new AbortController();
    const stop = (): void => over.abort();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const time =
        wait === Infinity && signal === undefined
          ? new Promise<void>(() => undefined)
          : this.clock.sleep(Math.min(wait, 3_600_000), over.signal).catch(() => undefined);
      await Promise.race([this.#changed, time]);
      this.#changed = this.#nextChange();
    } finally {
      over.abort();
      signal?.removeEventListener('abort', stop);
    }
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

class Input<L extends Mergeable> implements MergeInput<L> {
  readonly queue: Waiting<L>[] = [];
  isLive = false;
  hasEnded = false;
  #text = 0;
  #room: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly changed: () => void,
  ) {}

  async push(line: L): Promise<void> {
    if (this.hasEnded) return;
    this.queue.push({ line, came: this.clock.elapsed() });
    this.#text += line.text.length;
    this.changed();
    if (this.#isFull()) await new Promise<void>((resolve) => (this.#room = resolve));
  }

  live(): void {
    this.isLive = true;
    this.changed();
  }

  end(): void {
    this.hasEnded = true;
    this.#makeRoom();
    this.changed();
  }

  take(): L | undefined {
    const line = this.queue.shift()?.line;
    this.#text -= line?.text.length ?? 0;
    if (!this.#isFull()) this.#makeRoom();
    return line;
  }

  #isFull(): boolean {
    return this.queue.length >= mostLines || this.#text >= mostText;
  }

  #makeRoom(): void {
    this.#room?.();
    this.#room = undefined;
  }
}
