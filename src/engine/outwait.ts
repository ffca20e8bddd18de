import { isTransient } from '../errors/aws.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';

const firstPause: Milliseconds = 1_000;
const longestPause: Milliseconds = 30_000;
/** As long as a mutation of a target group. */
const patience: Milliseconds = 120_000;

/** Makes a call of the cloud that may safely be made twice, until throttling, lost replies and outages are over. Throws the last error. */
export async function outwait<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  const deadline = clock.elapsed() + patience;
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || clock.elapsed() + pause > deadline) throw error;
      await clock.sleep(pause);
    }
  }
}
