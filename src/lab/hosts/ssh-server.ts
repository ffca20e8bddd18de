import { createServer, connect, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { closed, listen, type Address } from '../listen.js';
import type { KeyPair } from './keys.js';
import { serveSession, type SessionHost } from './session.js';

/** As in OpenSSH's sshd_config: sessions on one connection at a time. */
const maxSessions = 10;

export interface SshServerSettings {
  readonly name: string;
  readonly hostKey: KeyPair;
  /** Who may log in, under any user name. */
  readonly clientKey: KeyPair;
  /** Lines of authorized_keys that let a user in at this moment besides; what AuthorizedKeysCommand is to OpenSSH's sshd. */
  readonly alsoAuthorized?: (user: string) => readonly string[];
  /** What the sessions run on; a server without one only forwards, as a bastion does. */
  readonly host?: SessionHost;
  /** Where a forwarded connection to an address of the host really goes. */
  readonly forwardTo: (target: Address) => Address;
}

/** An SSH server, real on the wire, in this process. */
export class SshServer {
  readonly #settings: SshServerSettings;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that logged in, ever. */
  logins = 0;

  constructor(settings: SshServerSettings) {
    this.#settings = settings;
    const ssh = new ssh2.Server(
      { hostKeys: [settings.hostKey.privateKey], ident: 'OpenSSH_9.2p1 adfpush-lab' },
      (client) => {
        this.#serve(client);
      },
    );
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      ssh.injectSocket(socket);
    });
  }

  /** Throws `lab.port_taken`. */
  async listen(at: Address): Promise<Address> {
    return listen(this.#server, `sshd of ${this.#settings.name}`, at);
  }

  /** As `kill` of sshd and all its children: connections are reset, and nothing answers any more. */
  async stop(): Promise<void> {
    const done = closed(this.#server);
    this.dropConnections();
    await done;
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Connection): void {
    const { host } = this.#settings;
    let sessions = 0;
    client.on('error', () => client.end());
    client.on('authentication', (context) => this.#authenticate(context));
    client.on('ready', () => {
      this.logins += 1;
    });
    if (host !== undefined) {
      client.on('session', (accept, reject) => {
        if (sessions >= maxSessions) {
          reject();
          return;
        }
        sessions += 1;
        const session = accept();
        session.once('close', () => {
          sessions -= 1;
        });
        serveSession(session, host);
      });
      client.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
        if (/docker\.sock$/.test(socketPath)) host.dialDocker(ending(accept()));
        else reject();
      });
    }
    client.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const { address, port } = this.#settings.forwardTo({ address: destIP, port: destPort });
      const socket = connect({ host: address, port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        join(socket, accept());
      });
    });
  }

  #authenticate(context: AuthContext): void {
    if (context.method !== 'publickey') {
      context.reject(['publickey']);
      return;
    }
    const { clientKey, alsoAuthorized } = this.#settings;
    const { key, blob, signature, hashAlgo } = context;
    const lines = [clientKey.publicKey, ...(alsoAuthorized?.(context.username) ?? [])];
    const allowed = lines
      .map((line) => ssh2.utils.parseKey(line))
      .find((one) => !(one instanceof Error) && one.getPublicSSH().equals(key.data));
    if (allowed === undefined || allowed instanceof Error) {
      context.reject(['publickey']);
    } else if (signature === undefined || blob === undefined) {
      // The client only asks whether this key would do.
      context.accept();
    } else {
      // It may also be an error, which ssh2's types do not say.
      const verified: unknown = allowed.verify(blob, signature, hashAlgo);
      if (verified === true) context.accept();
      else context.reject(['publickey']);
    }
  }
}

const ending = (channel: ServerChannel): Duplex => {
  channel.on('error', () => channel.destroy());
  return channel;
};

/** When one side is gone, so is the other. */
function join(socket: Socket, channel: ServerChannel): void {
  socket.on('error', () => channel.destroy());
  channel.on('error', () => socket.destroy());
  socket.on('close', () => channel.close());
  channel.on('close', () => socket.destroy());
  socket.pipe(channel).pipe(socket);
}
