import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.js';

/** The machine's own time, for tests that speak to real servers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (duration, signal) => {
    try {
      await sleep(duration, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.reason ?? error;
    }
  },
};
