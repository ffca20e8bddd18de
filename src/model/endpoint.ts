import type { EpochMilliseconds, Milliseconds } from './duration.js';
import type { EnvironmentName } from './ids.js';
import type { Secret } from './secret.js';

/** One service URL of an environment, in one zone, rendered and ready to be asked. */
export interface Endpoint {
  readonly name: string;
  /** Absent for one that serves all zones. */
  readonly zone?: string;
  /** What is asked, with its path and everything secret in it. */
  readonly url: Secret;
  /** The same URL for people: without anything secret. */
  readonly shownUrl: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  /** The statuses that pass. */
  readonly status: readonly number[];
  /** How long it may take to answer, redirects included. */
  readonly timeout: Milliseconds;
  readonly followRedirects: boolean;
}

/** What one check of an endpoint found. */
export interface EndpointCheck {
  readonly name: string;
  readonly zone?: string;
  /** Without anything secret. */
  readonly url: string;
  readonly ok: boolean;
  /** The HTTP status of the answer; absent when none came. */
  readonly status?: number;
  /** How long the check took. */
  readonly duration: Milliseconds;
  /** Why it failed; absent when it passed. */
  readonly reason?: string;
}

/** All endpoints of an environment, checked once. */
export interface PingReport {
  readonly environment: EnvironmentName;
  readonly at: EpochMilliseconds;
  readonly endpoints: readonly EndpointCheck[];
  /** How many of them failed. */
  readonly failed: number;
}

/** One endpoint whose check ended otherwise than the check before; at the beginning, each of them. */
export interface EndpointChange {
  readonly at: EpochMilliseconds;
  readonly check: EndpointCheck;
  /** Absent at the beginning. */
  readonly before?: EndpointCheck;
}
