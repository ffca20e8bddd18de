import type { Host } from '../model/host.js';
import type { Connection, Transport } from '../ports/transport.js';
import { AuthenticationBrake } from './ssh/authentication-brake.js';
import { HandshakeGate } from './ssh/handshake-gate.js';
import { defaultLimits } from './ssh/limits.js';
import type { SshTransportOptions } from './ssh/ssh-transport.js';

/** How the hosts of an inventory are reached: connections of our own, or the system's ssh. */
type Kind = NonNullable<Host['ssh']['transport']>;

/** Reaches each host by the transport that its inventory names. A transport is loaded for the first host that needs it. */
class ChoosingTransport implements Transport {
  readonly #loaded = new Map<Kind, Promise<Transport>>();

  constructor(private readonly load: Readonly<Record<Kind, () => Promise<Transport>>>) {}

  async connect(host: Host, signal?: AbortSignal): Promise<Connection> {
    return (await this.#transport(host.ssh.transport ?? 'ssh2')).connect(host, signal);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#loaded.values()].map(async (transport) => (await transport).close()));
  }

  #transport(kind: Kind): Promise<Transport> {
    const transport = this.#loaded.get(kind) ?? this.load[kind]();
    this.#loaded.set(kind, transport);
    return transport;
  }
}

/** All of them. A server limits the logins that are not finished or were refused, of all transports together: one gate, and one brake. */
export function chosenByHost(options: SshTransportOptions): Transport {
  const shared = {
    gate: new HandshakeGate({ ...defaultLimits, ...options.limits }),
    brake: new AuthenticationBrake(options.clock),
    ...options,
  };
  return new ChoosingTransport({
    ssh2: async () => {
      const { SshTransport } = await import('./ssh/ssh-transport.js');
      return new SshTransport(shared);
    },
    local: async () => {
      const { LocalTransport } = await import('./local-connection.js');
      return new LocalTransport(options.clock, options.becomePassword);
    },
    openssh: async () => {
      const { OpenSshTransport } = await import('./openssh/openssh-transport.js');
      return new OpenSshTransport(shared);
    },
  });
}
