import type { Host } from '../model/host.js';
import type { Connection, Transport } from '../ports/transport.js';

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
