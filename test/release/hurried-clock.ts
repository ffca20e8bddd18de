import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.js';

/** A real clock that runs fifty times faster, and remembers who slept how long to the end. */
export class HurriedClock implements Clock {
  static readonly #speed = 50;
  readonly slept: number[] = [];

  now(): number {
    return Date.now();
  }

  elapsed(): number {
    return performance.now() * HurriedClock.#speed;
  }

  async sleep(duration: number, signal?: AbortSignal): Promise<void> {
    await delay(duration / HurriedClock.#speed, undefined, signal === undefined ? {} : { signal });
    this.slept.push(duration);
  }
}
