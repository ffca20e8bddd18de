import type { Milliseconds } from '../model/duration.js';
import type { Registration, TargetHealth } from '../model/registration.js';
import type { SharedTraffic } from './shared-traffic.js';

export interface AwaitOptions {
  readonly timeout: Milliseconds;
  readonly signal?: AbortSignal;
  /** Told the states in words, whenever they changed. */
  readonly onProgress?: (states: string) => void;
}

/** Waits until every registration is drained. Throws `traffic.timeout`. */
export function awaitDrained(
  _traffic: SharedTraffic,
  _registrations: readonly Registration[],
  _options: AwaitOptions,
): Promise<readonly TargetHealth[]> {
  throw new Error('being built');
}

/** Waits until every registration is healthy. Throws `traffic.timeout`, `traffic.impossible_state`. */
export function awaitInService(
  _traffic: SharedTraffic,
  _registrations: readonly Registration[],
  _options: AwaitOptions,
): Promise<readonly TargetHealth[]> {
  throw new Error('being built');
}
