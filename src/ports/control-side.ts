import type { Milliseconds } from '../model/duration.js';
import type { CommandResult } from './transport.js';

/** The machine that adfpush itself runs on, as tasks may use it. */
export interface ControlSide {
  /**
   * Runs one program to its end, never through a shell, with what adfpush itself has in its environment and `env` over it. Throws
   * `secret.in_argument`: who is on the machine can read arguments.
   */
  run(argv: readonly string[], options?: ControlRunOptions): Promise<CommandResult>;
  /** Whether there is anything at a path; a relative one is one of the project. */
  exists(path: string): Promise<boolean>;
  /** One HTTP request and its whole answer; redirects are not followed. The proxies of the usual variables are used. Never throws. */
  request(request: ControlRequest): Promise<ControlAnswer>;
}

export interface ControlRunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The project's folder when absent; a relative one is in it. */
  readonly cwd?: string;
  readonly stdin?: string;
  readonly timeout?: Milliseconds;
  readonly signal?: AbortSignal;
}

export interface ControlRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeout: Milliseconds;
  readonly signal?: AbortSignal;
}

export type ControlAnswer =
  /** Any status is an answer. Header names are in lower case; a body that is too long is cut. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** The other side certainly did not get it. */
  | ({ readonly kind: 'not_sent' } & NoAnswer)
  /** It may have got it: no answer came. */
  | ({ readonly kind: 'unknown' } & NoAnswer);

export interface NoAnswer {
  readonly reason: string;
  /** What the system or TLS calls it, `ECONNREFUSED`; `timeout` when the time was over. */
  readonly code?: string;
}
