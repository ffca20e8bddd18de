import type { Milliseconds } from './duration.js';

/** How a host proves that it is healthy, from its own side: `passes` times in a row, without a restart in between. */
export type HealthProbe = HttpProbe | CommandProbe;

interface Passes {
  /** Passes in a row that prove it. At least 1. */
  readonly passes: number;
  /** From one attempt to the next. */
  readonly interval: Milliseconds;
  /** Until it must be proven, all passes together. */
  readonly timeout: Milliseconds;
  /** For one attempt. */
  readonly attemptTimeout: Milliseconds;
}

interface HttpProbe extends Passes {
  readonly kind: 'http';
  readonly scheme: 'http' | 'https';
  /** The name asked for: the Host header. The connection itself goes to the host's loopback. */
  readonly hostHeader?: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Status codes that pass. */
  readonly status: readonly number[];
}

interface CommandProbe extends Passes {
  readonly kind: 'command';
  /** Run on the host without a shell; passes on exit code 0. */
  readonly argv: readonly string[];
}
