import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';

/**
 * Everything that a connection needs to know of its host: what its inventory says, else OpenSSH's configuration, else the defaults.
 * All paths are absolute.
 */
export interface Destination {
  readonly user: string;
  /** What the inventory calls it: the name that OpenSSH's configuration was asked about. */
  readonly originalName: string;
  /** Where the connection goes: HostName of OpenSSH's configuration, else the name itself. */
  readonly address: string;
  readonly port: number;
  readonly route: Route;
  /** Private keys in the order in which they are offered; the usual files in `~/.ssh` when nothing names any. Empty: none (IdentityFile none). */
  readonly identityFiles: 'usual' | readonly string[];
  /** OpenSSH certificates that its configuration names, which ssh2 cannot present. */
  readonly certificateFiles: readonly string[];
  /** Only keys of `identityFiles` (or the usual files) are offered, from the agent too. */
  readonly identitiesOnly: boolean;
  /** The socket of the agent to ask; absent when none is to be asked. */
  readonly identityAgent?: string;
  /** In the order in which they are read; new keys are recorded in the first. May be empty. */
  readonly userKnownHostsFiles: readonly string[];
  /** Read after the user's. May be empty. */
  readonly globalKnownHostsFiles: readonly string[];
  /** A file of keys that no host may have: one a line, or a key revocation list of `ssh-keygen -k`. */
  readonly revokedHostKeysFile?: string;
  /** The name under which the host's key is looked up, instead of address and port. */
  readonly hostKeyAlias?: string;
  readonly hostKeyChecking: 'yes' | 'accept-new';
  /** New keys are recorded under a hash of the host's name. */
  readonly hashKnownHosts: boolean;
  /** For connecting, and again for authenticating. */
  readonly connectTimeout: Milliseconds;
  /** Between two signs of life that are asked for. */
  readonly serverAliveInterval: Milliseconds;
  /** So many unanswered ones are borne; the next one means that the host is lost. */
  readonly serverAliveCountMax: number;
}

/** How the bytes get there. */
export type Route =
  | { readonly kind: 'direct' }
  /** Through the connection to a bastion, which may itself have one before it. */
  | { readonly kind: 'jump'; readonly bastion: Hop }
  /** Over stdin and stdout of a command, ready for the shell: its tokens are expanded. */
  | { readonly kind: 'command'; readonly command: string };

/** A host and how it is reached. */
export interface Hop {
  readonly host: Host;
  readonly destination: Destination;
}

/**
 * What makes two connections the same. Hosts of an inventory never share one, even at the same address; a bastion is the same for all
 * who come to it the same way.
 */
export const connectionKey = ({ host, destination }: Hop, role: 'host' | 'bastion' = 'host'): string => {
  const { user, address, port, route, identityFiles, identityAgent, hostKeyAlias } = destination;
  const { userKnownHostsFiles, globalKnownHostsFiles, revokedHostKeysFile, hostKeyChecking } = destination;
  const way = route.kind === 'jump' ? connectionKey(route.bastion, 'bastion') : route;
  const keys = [identityFiles, identityAgent, destination.identitiesOnly];
  const files = [userKnownHostsFiles, globalKnownHostsFiles, revokedHostKeysFile];
  const name = role === 'host' ? host.id : '';
  return JSON.stringify([name, user, address, port, way, keys, files, hostKeyAlias, hostKeyChecking]);
};

/** The sshd at the end of a way, as its neighbour sees it: many hosts of an inventory may be one sshd. */
export const serverKey = ({ address, port, route }: Destination): string => {
  const way = route.kind === 'jump' ? serverKey(route.bastion.destination) : route.kind;
  return `${way}|${address}:${port}`;
};
