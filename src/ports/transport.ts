import type { Duplex } from 'node:stream';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';

/** Reaches hosts. One connection per host, shared by all who ask, opened anew when it was lost. */
export interface Transport {
  /**
   * Connects and authenticates, or gives the connection that is already there.
   * Throws `ssh.unreachable`, `ssh.host_key`, `ssh.authentication` (see errors/ssh.ts).
   */
  connect(host: Host, signal?: AbortSignal): Promise<Connection>;
  /** Ends all connections. Never throws. */
  close(): Promise<void>;
}

export interface Connection {
  readonly host: Host;
  /** False from the moment it is known to be lost. */
  readonly alive: boolean;
  /** Runs one command to its end. A non-zero exit or a lost connection is a result, not an exception. */
  run(command: RemoteCommand, options?: RunOptions): Promise<CommandResult>;
  /** Stdin and stdout of a remote command as one stream, for protocols such as `docker system dial-stdio`. */
  stream(argv: readonly string[], options?: StreamOptions): Promise<Duplex>;
  /** A connection made from the host, to one of its own ports or sockets. Throws `ssh.forwarding_refused`. */
  forward(to: ForwardTarget): Promise<Duplex>;
}

export type ForwardTarget =
  { readonly address: string; readonly port: number } | { readonly socketPath: string };

/**
 * `argv` runs one program, each argument quoted for sh; `script` is given to `/bin/sh -s` over stdin, so that
 * its length has no limit and it is in no argv.
 */
export type RemoteCommand = { readonly argv: readonly string[] } | { readonly script: string };

export interface RunOptions {
  /** A stream of bytes for what is too much for memory: read no faster than the host takes it. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /**
   * Given every byte of stdout as it comes, which the result's `stdout` then leaves out; no more is read until it resolves. When it
   * rejects, the command is ended and `run` rejects with the same.
   */
  readonly toStdout?: (chunk: Uint8Array) => void | Promise<void>;
  readonly timeout?: Milliseconds;
  /** Set for the command by a prefix in the script, since sshd drops `env` requests silently. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Through sudo, as `StreamOptions` say. */
  readonly become?: boolean;
  readonly signal?: AbortSignal;
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface StreamOptions {
  /** Through `sudo -n`, or with the password that the transport was given for sudo. */
  readonly become?: boolean;
}

/** How a command ended. Success is `exited` with code 0 and nothing else. */
export type Outcome =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timed_out' }
  | { readonly kind: 'cancelled' }
  /** The connection was lost: it may have run, it may still run. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface CommandResult {
  readonly outcome: Outcome;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration: Milliseconds;
  /** True when output beyond the limit of memory was dropped from the middle. */
  readonly truncated: boolean;
}

export const succeeded = ({ outcome }: CommandResult): boolean =>
  outcome.kind === 'exited' && outcome.code === 0;
