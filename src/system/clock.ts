import { setTimeout as delay } from 'node:timers/promises';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';

/** The machine's clocks. */
export const systemClock: Clock = {
  now: (): EpochMilliseconds => Date.now(),
  elapsed: (): Milliseconds => performance.now(),
  async sleep(duration, signal) {
    signal?.throwIfAborted();
    try {
      await delay(Math.max(0, duration), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node rejects with an AbortError of its own; the port promises the signal's reason.
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};
