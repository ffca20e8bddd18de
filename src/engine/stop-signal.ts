import type { Milliseconds } from '../model/duration.js';

/** How a run is asked to stop: SIGINT or SIGTERM, from outside. */
export interface StopSignal {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  readonly name: () => 'SIGINT' | 'SIGTERM' | undefined;
  /** How long its sender will probably wait. */
  readonly grace: Milliseconds;
}

/** The run was asked to stop: it begins nothing new. */
export const isStopping = ({ stop }: { readonly stop: Pick<StopSignal, 'signal'> }): boolean =>
  stop.signal.aborted;
