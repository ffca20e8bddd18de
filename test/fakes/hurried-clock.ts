import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.js';

/** A real clock that runs `speed` times faster, and remembers who slept how long to the end. */
export class HurriedClock implements Clock {
  readonly slept: number[] = [];

  constructor(private readonly speed = 50) {}

  now(): number {
    return Date.now();
  }

  elapsed(): number {
    return performance.now() * this.speed;
  }

  async sleep(duration: number, signal?: AbortSignal): Promise<void> {
    await delay(duration / this.speed, undefined, signal === undefined ? {} : { signal });
    this.slept.push(duration);
  }
}
