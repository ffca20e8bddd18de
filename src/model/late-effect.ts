import type { Milliseconds } from './duration.js';

/**
 * How long the receiver of a request (a Docker Engine, AWS, a host's shell) may still carry it out after its answer was lost. The time that
 * the request itself allows, such as the timeout of a stop, is added (see `lateAtMost`).
 */
export const quietTime: Milliseconds = 15_000;

/** How long after its answer was lost a request may still take effect. `ownTime` is what the request itself allows: a stop's timeout. */
export const lateAtMost = (ownTime: Milliseconds = 0): Milliseconds => ownTime + quietTime;
