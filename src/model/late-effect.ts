import type { Milliseconds } from './duration.js';

/**
 * How long after its answer was lost a request may still be carried out by whoever received it: a Docker Engine, AWS, a host's shell. A
 * container that is asked to stop goes down as late as its stop timeout says; that is added (see `lateAtMost`).
 */
export const quietTime: Milliseconds = 15_000;

/** How long after its answer was lost a request may still take effect. `ownTime` is what the request itself allows: a stop's timeout. */
export const lateAtMost = (ownTime: Milliseconds = 0): Milliseconds => ownTime + quietTime;
