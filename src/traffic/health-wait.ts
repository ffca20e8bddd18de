import { waitTimedOut } from '../errors/traffic.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { healthOfEach, type Registration, type TargetHealth } from '../model/registration.js';
import type { Clock, Patience } from '../ports/clock.js';
import type { HealthPoller, HealthReader } from './health-poller.js';
import { isDoubtfulOf, type Look } from './newest-sightings.js';
import { statesInWords } from './states-in-words.js';

/** Gives an answer when the targets are as awaited, undefined to keep waiting; throws to give up at once. */
export type Judge<T> = (targets: readonly TargetHealth[]) => T | undefined;

export interface UntilOptions {
  readonly timeout: Milliseconds;
  readonly signal?: AbortSignal;
  /** What is waited for: shown to the judge even when the balancer no longer lists it, and named on timeout. */
  readonly registrations?: readonly Registration[];
  /** For the message of a timeout, after "Waited 5 m for": `2 targets of api-http to be drained`. */
  readonly what?: string;
  /** What to do about a timeout, given the last seen targets. */
  readonly hint?: (targets: readonly TargetHealth[]) => string | undefined;
}

/** How long the balancer may take to answer a last look at the deadline. */
const silenceAtMost: Milliseconds = 10_000;

/** One wait for one target group, from the first look to its end. */
export class HealthWait<T> {
  readonly result: Promise<T>;
  readonly #over = new AbortController();
  readonly #leave: () => void;
  #resolve: (value: T) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #seen: readonly TargetHealth[] | undefined;
  #trouble: string | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly reader: HealthReader,
    poller: HealthPoller,
    private readonly patience: Patience,
    private readonly judge: Judge<T>,
    private readonly options: UntilOptions,
  ) {
    this.result = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#leave = poller.join({
      answer: (look) => this.#consider(look),
      trouble: (error) => this.#remember(error),
      fail: (error) => this.#end(() => this.#reject(error)),
    });
    options.signal?.addEventListener('abort', this.#giveUp, { once: true });
    void this.#keepDeadline();
  }

  readonly #giveUp = (): void => {
    this.#end(() => this.#reject(this.options.signal?.reason));
  };

  #consider({ targets, doubtful }: Look): void {
    if (this.#over.signal.aborted) return;
    this.#trouble = undefined;
    this.#seen = this.#withAwaited(targets);
    // An old answer says nothing of what is waited for; the next one will.
    if (isDoubtfulOf(doubtful, this.options.registrations)) return;
    try {
      const verdict = this.judge(this.#seen);
      if (verdict !== undefined) this.#end(() => this.#resolve(verdict));
    } catch (error) {
      this.#end(() => this.#reject(error));
    }
  }

  async #keepDeadline(): Promise<void> {
    const over = this.#over.signal;
    // Both sleeps are cut short when the wait ends otherwise; then there is nothing left to do.
    await this.clock.sleep(this.options.timeout, over).catch(() => undefined);
    if (over.aborted) return;
    const silence = Promise.withResolvers<undefined>();
    await Promise.race([this.#lastLook(() => silence.resolve(undefined)), silence.promise]);
    this.#end(() => this.#reject(this.#timedOut()));
  }

  /**
   * How things are at the deadline decides. So a look that fails for a reason that may pass is made again: it tells nothing of the targets.
   * `onSilence` is called when one is not answered at all.
   */
  async #lastLook(onSilence: () => void): Promise<void> {
    const over = this.#over.signal;
    try {
      const look = await this.patience.outlast(async () => {
        over.throwIfAborted();
        const answered = new AbortController();
        this.clock.sleep(silenceAtMost, answered.signal).then(onSilence, () => undefined);
        return this.reader.read().finally(() => answered.abort());
      });
      this.#consider(look);
    } catch (error) {
      this.#remember(error);
    }
  }

  #end(settle: () => void): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.options.signal?.removeEventListener('abort', this.#giveUp);
    this.#leave();
    settle();
  }

  #remember(error: unknown): void {
    this.#trouble = error instanceof Error ? error.message : String(error);
  }

  #timedOut(): Error {
    const { registrations = [], timeout, what = 'a target group', hint } = this.options;
    const seen = this.#seen ?? [];
    const awaited = registrations.length > 0 ? healthOfEach(registrations, seen) : seen;
    const advice = this.#seen === undefined ? undefined : hint?.(awaited);
    return waitTimedOut({
      what,
      after: timeout,
      states: this.#seen === undefined ? 'nothing' : statesInWords(awaited),
      ...defined({ trouble: this.#trouble, hint: advice }),
    });
  }

  /** What the balancer lists, and what is asked about and gone from its list. */
  #withAwaited(targets: readonly TargetHealth[]): readonly TargetHealth[] {
    const awaited = healthOfEach(this.options.registrations ?? [], targets);
    return [...targets, ...awaited.filter((one) => !targets.includes(one))];
  }
}
