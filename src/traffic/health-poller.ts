import { isTransient } from '../errors/aws.js';
import type { Milliseconds } from '../model/duration.js';
import type { TargetGroupArn } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { Look } from './newest-sightings.js';

/** Reads one target group: never twice at a time, and never twice within `gap`, however many ask. */
export class HealthReader {
  /** The read that is planned but not begun, so that callers may share it. */
  #next: Promise<Look> | undefined;
  readonly #begun: (() => void)[] = [];
  #current: Promise<unknown> = Promise.resolve();
  #lastBegan = -Infinity;

  constructor(
    private readonly look: (targetGroup: TargetGroupArn) => Promise<Look>,
    private readonly clock: Clock,
    private readonly targetGroup: TargetGroupArn,
    private readonly gap: Milliseconds,
  ) {}

  /** An answer whose read began after this call; `begun` is called when it does. */
  read(begun: () => void = nothing): Promise<Look> {
    this.#begun.push(begun);
    this.#next ??= this.#begin(this.#current);
    return this.#next;
  }

  async #begin(current: Promise<unknown>): Promise<Look> {
    // How the read before it ended is the concern of those who asked for that one.
    await current.then(nothing, nothing);
    const left = this.#lastBegan + this.gap - this.clock.elapsed();
    if (left > 0) await this.clock.sleep(left);
    this.#next = undefined;
    this.#lastBegan = this.clock.elapsed();
    for (const tell of this.#begun.splice(0)) tell();
    const answer = this.look(this.targetGroup);
    this.#current = answer;
    return answer;
  }
}

const nothing = (): void => undefined;

/** Answers that many ask for at about the same time. Failures are not kept. */
export class RecentAnswers<T> {
  readonly #answers = new Map<string, { readonly at: Milliseconds; readonly answer: Promise<T> }>();

  constructor(
    private readonly clock: Clock,
    private readonly lifetime: Milliseconds,
  ) {}

  /** The answer given within the lifetime, or the one that is under way, or a new one. */
  ask(question: string, find: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(question);
    if (known !== undefined && this.clock.elapsed() - known.at < this.lifetime) return known.answer;
    const answer = find();
    const entry = { at: this.clock.elapsed(), answer };
    this.#answers.set(question, entry);
    answer.catch(() => {
      if (this.#answers.get(question) === entry) this.#answers.delete(question);
    });
    return answer;
  }
}

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

/** Looks at one target group again and again while callers wait for it, for all of them at once. */
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

  /** Until the next look is due, or a new caller wants one, or no caller is left. */
  async #rest(): Promise<void> {
    const nap = new AbortController();
    this.#nap = nap;
    await this.clock.sleep(this.interval * this.#slowness, nap.signal).catch(() => undefined);
    this.#nap = undefined;
  }
}
