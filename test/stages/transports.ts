import { rmSync } from 'node:fs';
import { describe } from 'vitest';
import type { Connection, Transport } from '../../src/ports/transport.js';
import { LocalConnection } from '../../src/transport/local-connection.js';
import {
  OpenSshTransport,
  type OpenSshTransportOptions,
} from '../../src/transport/openssh/openssh-transport.js';
import type { SshTransportOptions } from '../../src/transport/ssh/ssh-transport.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from './temporary-folder.js';
import { describeWithSshd, Sshd, type SshdOptions } from './sshd.js';
import { systemClock } from './system-clock.js';

/** Opens a transport to a server; which one is the point of the contract. */
export type Reach = (sshd: Sshd, options?: Partial<SshTransportOptions>) => Transport;

/** Through the system's ssh, with this server's folder as home, where no keys lie around. */
export const byOpenSsh = (sshd: Sshd, options: Partial<OpenSshTransportOptions> = {}): Transport =>
  new OpenSshTransport({
    clock: systemClock,
    random: { next: () => Math.random() },
    homeDirectory: sshd.folder,
    defaultUser: sshd.user,
    // No agent of whoever runs the tests.
    agentSocket: '',
    ...options,
  });

export const bySsh2: Reach = (sshd, options) => sshd.transport(options);

/** What every transport over SSH must do. */
export function describeTransports(name: string, body: (reach: Reach) => void): void {
  describeWithSshd(`${name}, over connections of our own`, () => body(bySsh2));
  describeWithSshd(`${name}, through the system's ssh`, () => body(byOpenSsh));
}

/** A connection, and a folder at its other end. */
export interface Place {
  readonly connection: Connection;
  readonly folder: string;
  close(): Promise<void>;
}

/** What every connection must do, also the one to this machine itself. */
export function describeConnections(name: string, body: (open: () => Promise<Place>) => void): void {
  describeTransports(name, (reach) => body(() => placeOn(reach)));
  describe(`${name}, on this machine itself`, () => body(() => Promise.resolve(placeHere())));
}

export async function placeOn(reach: Reach, options: SshdOptions = {}): Promise<Place & { sshd: Sshd }> {
  const sshd = await Sshd.start(options);
  const transport = reach(sshd);
  const close = async (): Promise<void> => {
    await transport.close();
    await sshd.stop();
  };
  try {
    const connection = await transport.connect(sshd.host());
    return { connection, folder: sshd.folder, close, sshd };
  } catch (error) {
    await close();
    throw error;
  }
}

function placeHere(): Place {
  const folder = temporaryFolder('local');
  return {
    connection: new LocalConnection(makeHost('here'), systemClock),
    folder,
    close: async () => rmSync(folder, { recursive: true }),
  };
}
