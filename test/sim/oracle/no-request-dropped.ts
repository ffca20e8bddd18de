import { dropsOf } from './drops.js';
import type { Statement } from './story.js';

/** The promise that no request is dropped has no number among the statements. */
const promise = 0;

/**
 * The balancer never sends a request to a target that does not serve, and always has somewhere to send it, unless something was done to the
 * world on purpose that explains just this: to that host, or to enough of the others that nobody healthy was left.
 */
export const dropsNoRequest: Statement = (story) =>
  dropsOf(story)
    .filter(({ fault }) => fault === undefined)
    .map(({ from, to, what }) => ({
      statement: promise,
      at: from,
      what: `${what}, for ${Math.round(to - from)} ms, and no fault explains it`,
    }));
