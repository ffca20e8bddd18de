import { randomInt } from 'node:crypto';
import { uptime } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import type { Clock, Random } from '../ports/clock.js';

const steps = 2 ** 47;

/** The machine's randomness. */
export const systemRandom: Random = { next: () => randomInt(steps) / steps };

/** Two clocks are never read at the same moment, and the one since boot is coarse. */
const apart: Milliseconds = 1_000;

/**
 * A clock that also counts while the machine is suspended, and only goes forward. `awake` stands still then, as Node's does on Linux, while
 * the hosts' clocks go on: a lease would seem alive here that ran out there long ago.
 */
export function countingSleep(awake: () => Milliseconds, sinceBoot: () => Milliseconds): () => Milliseconds {
  // What is read first may be the older of the two, however long this process had to wait in between: that is not taken for sleep.
  const difference = (): Milliseconds => sinceBoot() - awake();
  const begun = difference();
  let asleep: Milliseconds = 0;
  return () => {
    const measured = difference() - begun;
    if (measured > asleep + apart) asleep = measured;
    return awake() + asleep;
  };
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: (): EpochMilliseconds => Date.now(),
  elapsed: countingSleep(
    () => performance.now(),
    () => uptime() * 1_000,
  ),
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
