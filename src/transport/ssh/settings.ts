import { join, resolve } from 'node:path';
import { proxyJumpChain, proxyJumpInvalid } from '../../errors/ssh.js';
import type { Milliseconds } from '../../model/duration.js';
import { hostId } from '../../model/ids.js';
import type { Host } from '../../model/host.js';

/** Everything that a connection needs to know of its host, defaults filled in. */
export interface Destination {
  readonly user: string;
  readonly address: string;
  readonly port: number;
  /** The host in between, itself a host of the pool. */
  readonly bastion?: Host;
  /** Absolute; only this key is offered. */
  readonly identityFile?: string;
  /** In the order in which they are read; the first is the one that advice names. */
  readonly knownHostsFiles: readonly string[];
  readonly hostKeyAlias?: string;
  readonly connectTimeout: Milliseconds;
}

export interface DestinationDefaults {
  readonly homeDirectory: string;
  /** What relative paths begin at: the project's root. */
  readonly baseDirectory: string;
  readonly defaultUser: string;
  readonly connectTimeout: Milliseconds;
}

/** Throws `ssh.proxy_jump`. The files are those of ssh_config(5). */
export function destinationOf(host: Host, defaults: DestinationDefaults): Destination {
  const { ssh } = host;
  const absolute = (path: string): string =>
    resolve(defaults.baseDirectory, expandHome(path, defaults.homeDirectory));
  const userFiles = ssh.knownHostsFile?.trim().split(/\s+/) ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
  return {
    user: ssh.user ?? defaults.defaultUser,
    address: host.address,
    port: ssh.port ?? 22,
    ...(ssh.proxyJump === undefined ? {} : { bastion: bastionOf(host, ssh.proxyJump) }),
    ...(ssh.identityFile === undefined ? {} : { identityFile: absolute(ssh.identityFile) }),
    knownHostsFiles: [...userFiles.map(absolute), '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
    ...(ssh.hostKeyAlias === undefined ? {} : { hostKeyAlias: ssh.hostKeyAlias }),
    connectTimeout: ssh.connectTimeout ?? defaults.connectTimeout,
  };
}

/** What makes two connections the same. */
export const destinationKey = (
  host: Host,
  { user, address, port, bastion, identityFile }: Destination,
): string => JSON.stringify([host.id, user, address, port, bastion?.id, identityFile]);

const jumpShape = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(\[[^\]\s]+\]|[^:@\s[\]]+)(?::(\d{1,5}))?$/;

/**
 * The bastion as a host of its own, so that it is connected to, authenticated and reconnected as any other. It shares
 * the identity and known hosts of the host behind it: there is no other place to write them.
 */
function bastionOf(host: Host, proxyJump: string): Host {
  if (proxyJump.includes(',')) throw proxyJumpChain(host, proxyJump);
  const [, user, bracketed, port] = jumpShape.exec(proxyJump.trim()) ?? [];
  if (bracketed === undefined || Number(port ?? 22) > 65_535) throw proxyJumpInvalid(host, proxyJump);
  const { identityFile, knownHostsFile, connectTimeout } = host.ssh;
  return {
    id: hostId(`bastion ${proxyJump.trim()}`),
    name: `bastion ${proxyJump.trim()}`,
    environment: host.environment,
    groups: [],
    address: bracketed.replace(/^\[|\]$/g, ''),
    targetIds: [],
    ssh: {
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port: Number(port) }),
      ...(identityFile === undefined ? {} : { identityFile }),
      ...(knownHostsFile === undefined ? {} : { knownHostsFile }),
      ...(connectTimeout === undefined ? {} : { connectTimeout }),
    },
    docker: {},
    facts: {},
  };
}

const expandHome = (path: string, homeDirectory: string): string =>
  path === '~' || path.startsWith('~/') ? join(homeDirectory, path.slice(1)) : path;
