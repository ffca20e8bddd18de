import type { Readable, Writable } from 'node:stream';
import type { CommandResult, Outcome } from '../ports/transport.js';

/** The result of a command of which nothing was seen: it was not begun, or that is unknown. */
export const notRun = (outcome: Outcome): CommandResult => ({
  outcome,
  stdout: '',
  stderr: '',
  duration: 0,
  truncated: false,
});

/** A program that was started, here or on a host. */
export interface RunningProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How it ended. Its streams may still bring what it wrote before. Never rejects, and may never resolve. */
  readonly exited: Promise<Exit>;
  /** Resolves when no output can come any more, whether or not it exited. */
  readonly closed: Promise<void>;
  /** Lets go of its streams; it goes on if it still runs. */
  close(): void;
}

export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string };

/** For people: `with exit code 1`, `by SIGKILL`. */
export const describeExit = (exit: Exit): string =>
  exit.kind === 'exited' ? `with exit code ${exit.code}` : `by ${exit.signal}`;
