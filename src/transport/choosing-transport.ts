import type { Host } from '../model/host.js';
import type { Connection, Transport } from '../ports/transport.js';
import { OpenSshTransport } from './openssh/openssh-transport.js';
import { AuthenticationBrake } from './ssh/authentication-brake.js';
import { HandshakeGate } from './ssh/handshake-gate.js';
import { defaultLimits } from './ssh/limits.js';
import { SshTransport, type SshTransportOptions } from './ssh/ssh-transport.js';

/** Reaches each host by the transport that its inventory names: connections of our own, or the system's ssh. */
export class ChoosingTransport implements Transport {
  constructor(private readonly transports: { readonly ssh2: Transport; readonly openssh: Transport }) {}

  async connect(host: Host, signal?: AbortSignal): Promise<Connection> {
    return this.transports[host.ssh.transport ?? 'ssh2'].connect(host, signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.transports.ssh2.close(), this.transports.openssh.close()]);
  }
}

/** Both of them. A server bears only so many who are not let in yet, or were refused, whoever they are: one gate, and one brake. */
export function chosenByHost(options: SshTransportOptions): Transport {
  const shared = {
    gate: new HandshakeGate({ ...defaultLimits, ...options.limits }),
    brake: new AuthenticationBrake(options.clock),
    ...options,
  };
  return new ChoosingTransport({ ssh2: new SshTransport(shared), openssh: new OpenSshTransport(shared) });
}
