import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';

/** Time. The engine knows no other. */
export interface Clock {
  /** The wall clock, for records and labels; never for measuring, it may jump. */
  now(): EpochMilliseconds;
  /** A clock that only goes forward, for deadlines. Its zero has no meaning. */
  elapsed(): Milliseconds;
  /** Resolves after `duration`, or rejects with the signal's reason as soon as it is aborted. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>;
}
