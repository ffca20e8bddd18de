import { setTimeout as delay } from 'node:timers/promises';
import type { Milliseconds } from '../../model/duration.js';

/** Which calls a disturbance hits, and how many of them; every call without `actions`, for good without `count`. */
export interface Hits {
  readonly actions?: readonly string[];
  readonly count?: number;
}

/** What a real account does to its callers now and then, here on demand. */
export class Disturbances {
  readonly #throttles: Countdown[] = [];
  readonly #losses: Countdown[] = [];
  readonly #expiries: Countdown[] = [];
  #bucket: TokenBucket | undefined;
  #latency: Milliseconds = 0;

  /** The next calls are answered with the service's throttling error, and do nothing. */
  throttle(hits: Hits): void {
    this.#throttles.push(new Countdown(hits));
  }

  /** The next calls do their work, and the reply is lost on the way back. */
  loseReplies(hits: Hits): void {
    this.#losses.push(new Countdown(hits));
  }

  /** The next calls are told that their credentials have expired, and do nothing. */
  expireCredentials(hits: Hits): void {
    this.#expiries.push(new Countdown(hits));
  }

  /** All calls together: so many at once, and so many a second. AWS: about 40 and 10 for Describe calls. */
  limitRate(burst: number, perSecond: number): void {
    this.#bucket = new TokenBucket(burst, perSecond);
  }

  setLatency(latency: Milliseconds): void {
    this.#latency = latency;
  }

  calm(): void {
    this.#throttles.length = 0;
    this.#losses.length = 0;
    this.#expiries.length = 0;
    this.#bucket = undefined;
    this.#latency = 0;
  }

  async travel(): Promise<void> {
    if (this.#latency > 0) await delay(this.#latency);
  }

  throttles(action: string): boolean {
    return this.#throttles.some((hits) => hits.take(action)) || this.#bucket?.take() === false;
  }

  calledExpired(action: string): boolean {
    return this.#expiries.some((hits) => hits.take(action));
  }

  losesReply(action: string): boolean {
    return this.#losses.some((hits) => hits.take(action));
  }
}

class Countdown {
  readonly #actions: readonly string[] | undefined;
  #left: number;

  constructor({ actions, count }: Hits) {
    this.#actions = actions;
    this.#left = count ?? Infinity;
  }

  take(action: string): boolean {
    if (this.#left <= 0 || this.#actions?.includes(action) === false) return false;
    this.#left -= 1;
    return true;
  }
}

class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledAt = performance.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  take(): boolean {
    const now = performance.now();
    const gained = ((now - this.#filledAt) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
