import { unreachable } from '../../errors/ssh.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import type { Connection, Transport } from '../../ports/transport.js';

export interface SshTransportOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where `~` is, and `.ssh` in it. */
  readonly homeDirectory: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
  /** Who logs in where no user is set. */
  readonly defaultUser: string;
  readonly limits?: Partial<SshLimits>;
}

export interface SshLimits {
  /** Connections that are not authenticated yet, to one sshd. OpenSSH starts to drop them at 10. */
  readonly handshakesPerServer: number;
  /** The same, to all together. */
  readonly handshakes: number;
  /** Channels in use on one connection; more wait. OpenSSH allows 10. */
  readonly channelsPerConnection: number;
  /** For connecting and authenticating, where a host sets none. */
  readonly connectTimeout: Milliseconds;
}

/** Reaches hosts by SSH. */
export class SshTransport implements Transport {
  constructor(readonly options: SshTransportOptions) {}

  connect(host: Host, _signal?: AbortSignal): Promise<Connection> {
    return Promise.reject(unreachable(host, 'tcp', 'SSH is not there yet'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
