import { isTransient } from '../errors/aws.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { HealthReader } from './health-reader.js';
import type { Look } from './newest-sightings.js';

/** Someone who waits for a target group. None of these may throw. */
export interface Waiter {
  /** A look that began after the waiter joined. */
  answer(look: Look): void;
  /** The look failed for a reason that may pass; there will be others. */
  trouble(error: unknown): void;
  /** The look failed for good. */
  fail(error: unknown): void;
}

/** Throttled, the poller looks this much less often at most. */
const slowest = 16;

/** Looks at one target group again and again while anybody waits for it, on behalf of all of them. */
export class HealthPoller {
  readonly #waiters = new Set<Waiter>();
  #polling = false;
  #slowness = 1;
  #nap: AbortController | undefined;

  constructor(
    private readonly reader: HealthReader,
    private readonly clock: Clock,
    private readonly interval: Milliseconds,
  ) {}

  /** The waiter is answered at once, then at each look, until it leaves by calling the result. */
  join(waiter: Waiter): () => void {
    this.#waiters.add(waiter);
    if (!this.#polling) void this.#poll();
    else if (this.#slowness === 1) this.#nap?.abort();
    return () => {
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) this.#nap?.abort();
    };
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    while (this.#waiters.size > 0) {
      const present = await this.#look();
      const newcomers = [...this.#waiters].some((waiter) => !present.includes(waiter));
      if (this.#waiters.size > 0 && (!newcomers || this.#slowness > 1)) await this.#rest();
    }
    this.#polling = false;
  }

  /** Tells those who waited when the look began, and gives them back. */
  async #look(): Promise<readonly Waiter[]> {
    let present: readonly Waiter[] = [];
    try {
      const look = await this.reader.read(() => (present = [...this.#waiters]));
      this.#slowness = 1;
      this.#tell(present, (waiter) => waiter.answer(look));
    } catch (error) {
      if (isTransient(error)) {
        this.#slowness = Math.min(this.#slowness * 2, slowest);
        this.#tell(present, (waiter) => waiter.trouble(error));
      } else {
        this.#tell(present, (waiter) => waiter.fail(error));
      }
    }
    return present;
  }

  /** One waiter's answer may make others leave. */
  #tell(present: readonly Waiter[], news: (waiter: Waiter) => void): void {
    for (const waiter of present) if (this.#waiters.has(waiter)) news(waiter);
  }

  /** Until the next look is due, or a newcomer wants one, or nobody is left who wants any. */
  async #rest(): Promise<void> {
    const nap = new AbortController();
    this.#nap = nap;
    await this.clock.sleep(this.interval * this.#slowness, nap.signal).catch(() => undefined);
    this.#nap = undefined;
  }
}
