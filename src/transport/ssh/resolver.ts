import { join, resolve } from 'node:path';
import { proxyJumpLoop } from '../../errors/ssh.js';
import type { Host, SshSettings } from '../../model/host.js';
import { bastionOf, formatJump, parseJumps, type Jump } from './jump-hosts.js';
import { serverAlive } from './keepalive.js';
import type { SshLimits } from './limits.js';
import type { Destination, Hop, Route } from './settings.js';

export interface ResolverOptions {
  /** Where `~` is. */
  readonly homeDirectory: string;
  /** What relative paths of an inventory begin at: the project's root. */
  readonly baseDirectory: string;
  /** Who logs in where no user is set. */
  readonly defaultUser: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
  readonly limits: SshLimits;
}

/** What the settings of a host say for the bastion before it, where nothing else does: there is no other place to write them. */
type Inherited = Pick<
  SshSettings,
  'identityFile' | 'identitiesOnly' | 'identityAgent' | 'knownHostsFile' | 'connectTimeout'
>;

/** Finds out how each host is reached. */
export class DestinationResolver {
  constructor(private readonly options: ResolverOptions) {}

  /** Throws `ssh.proxy_jump`. */
  async resolve(host: Host): Promise<Hop> {
    return this.#hop(host, {}, []);
  }

  async #hop(host: Host, inherited: Inherited, behind: readonly string[]): Promise<Hop> {
    const { ssh } = host;
    const { defaultUser, limits } = this.options;
    const direct: Destination = {
      user: ssh.user ?? defaultUser,
      originalName: host.address,
      address: host.address,
      port: ssh.port ?? 22,
      route: { kind: 'direct' },
      ...this.#identities({ ...inherited, ...ssh }),
      ...this.#hostKeys({ ...inherited, ...ssh }),
      connectTimeout: ssh.connectTimeout ?? inherited.connectTimeout ?? limits.connectTimeout,
      ...serverAlive(limits, ssh),
    };
    const route = await this.#route(host, inherited, behind);
    return { host, destination: { ...direct, route } };
  }

  async #route(host: Host, inherited: Inherited, behind: readonly string[]): Promise<Route> {
    const { proxyJump } = host.ssh;
    // A list that is written out has an end; what a configuration says of each bastion in turn may have none.
    const name = proxyJump === undefined ? formatJump({ ...host.ssh, name: host.address }) : undefined;
    const way = name === undefined ? behind : [...behind, name];
    if (name !== undefined && behind.includes(name)) throw proxyJumpLoop(host, way);
    if (proxyJump === undefined || proxyJump.toLowerCase() === 'none') return { kind: 'direct' };
    const jumps = parseJumps(host, proxyJump);
    const bastion = bastionOf(host, jumps, jumps.at(-1) as Jump);
    return { kind: 'jump', bastion: await this.#hop(bastion, { ...inherited, ...host.ssh }, way) };
  }

  #identities(
    ssh: Inherited,
  ): Pick<Destination, 'identityFiles' | 'certificateFiles' | 'identitiesOnly' | 'identityAgent'> {
    const { identityFile, identitiesOnly, identityAgent } = ssh;
    const agent = this.#agent(identityAgent);
    return {
      identityFiles: identityFile === undefined ? [] : [this.#absolute(identityFile)],
      certificateFiles: [],
      identitiesOnly: identitiesOnly ?? identityFile !== undefined,
      ...(agent === undefined ? {} : { identityAgent: agent }),
    };
  }

  #agent(setting: string | undefined): string | undefined {
    if (setting === undefined) return this.options.agentSocket === '' ? undefined : this.options.agentSocket;
    return setting.toLowerCase() === 'none' ? undefined : this.#absolute(setting);
  }

  #hostKeys(
    ssh: SshSettings,
  ): Pick<
    Destination,
    'userKnownHostsFiles' | 'globalKnownHostsFiles' | 'hostKeyAlias' | 'hostKeyChecking' | 'hashKnownHosts'
  > {
    const userFiles = ssh.knownHostsFile?.trim().split(/\s+/) ?? [
      '~/.ssh/known_hosts',
      '~/.ssh/known_hosts2',
    ];
    return {
      userKnownHostsFiles: userFiles.map((file) => this.#absolute(file)),
      globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
      ...(ssh.hostKeyAlias === undefined ? {} : { hostKeyAlias: ssh.hostKeyAlias }),
      hostKeyChecking: ssh.strictHostKeyChecking ?? 'yes',
      hashKnownHosts: false,
    };
  }

  #absolute(path: string): string {
    const { baseDirectory, homeDirectory } = this.options;
    const atHome = path === '~' || path.startsWith('~/');
    return atHome ? join(homeDirectory, path.slice(1)) : resolve(baseDirectory, path);
  }
}
