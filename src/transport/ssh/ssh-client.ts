import type { Duplex, Readable } from 'node:stream';

/** Settles what was asked for: with the channel, or with why there is none; a server's refusal has its `reason` of RFC 4254, 5.1. */
export type ChannelAnswer = (error: Error | undefined, channel: SshChannel) => void;

/** The part of ssh2's client that a connection needs; the other client of SSH has the same shape. */
export interface SshClient {
  exec(line: string, answer: ChannelAnswer): unknown;
  forwardOut(
    originAddress: string,
    originPort: number,
    address: string,
    port: number,
    answer: ChannelAnswer,
  ): unknown;
  openssh_forwardOutStreamLocal(socketPath: string, answer: ChannelAnswer): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'end' | 'close', listener: () => void): unknown;
  /** Says goodbye; `close` comes when the connection is over. */
  end(): unknown;
  destroy(): unknown;
}

/**
 * One channel: a command's stdin and stdout, or both directions of a forwarded connection. Emits `exit` with the code, or with null and
 * the signal's name; and `close` once all of its output was read.
 */
export interface SshChannel extends Duplex {
  readonly stderr: Readable;
  /** `TERM`, `KILL`. */
  signal(name: string): void;
  close(): void;
}
