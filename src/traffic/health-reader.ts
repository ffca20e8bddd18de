import type { Milliseconds } from '../model/duration.js';
import type { TargetGroupArn } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { Look } from './newest-sightings.js';

/** Reads one target group: never twice at a time, and never twice within `gap`, however many ask. */
export class HealthReader {
  /** The read that is agreed on but not begun, so that whoever asks now may share it. */
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
