import type { Milliseconds } from '../../model/duration.js';

/** The limits of an sshd at its default settings, and how long it may take. */
export interface SshLimits {
  /** Connections to one sshd that are not authenticated yet. It starts to drop them at 10 (MaxStartups 10:30:100). */
  readonly handshakesPerServer: number;
  /** The same, to all servers together. */
  readonly handshakes: number;
  /** Sessions in use on one connection; more wait. An sshd allows 10 (MaxSessions); two are kept for ending commands. */
  readonly sessionsPerConnection: number;
  /** For connecting and authenticating, where a host sets none. */
  readonly connectTimeout: Milliseconds;
  /** For a server to answer that it opened a channel. */
  readonly channelTimeout: Milliseconds;
  /** Between two signs of life that are asked for, where a host sets none. */
  readonly keepaliveInterval: Milliseconds;
  /** So many unanswered ones are borne, where a host sets none; the next one means that it is lost. */
  readonly keepaliveCountMax: number;
  /** Within which a lost host must be noticed, whatever OpenSSH's configuration says. */
  readonly silence: Milliseconds;
  /** How long a refusal of our key, or of the host's, is given back without asking the server again. */
  readonly refusalMemory: Milliseconds;
}

export const defaultLimits: SshLimits = {
  handshakesPerServer: 8,
  handshakes: 64,
  sessionsPerConnection: 8,
  connectTimeout: 15_000,
  channelTimeout: 15_000,
  keepaliveInterval: 5_000,
  keepaliveCountMax: 2,
  silence: 20_000,
  // OpenSSH 9.8 and later ban a source after 5 failed logins, or 16 rejected host keys (PerSourcePenalties).
  refusalMemory: 30_000,
};
