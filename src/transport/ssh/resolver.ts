import { join, resolve } from 'node:path';
import { proxyJumpLoop } from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import type { Host, SshSettings } from '../../model/host.js';
import { bastionOf, formatJump, parseJumps } from './jump-hosts.js';
import { serverAlive } from './keepalive.js';
import type { SshLimits } from './limits.js';
import type { OpenSshConfig } from './openssh-config/openssh-config.js';
import type { Local } from './openssh-config/own/read.js';
import { requireSafeName } from './openssh-config/safe-name.js';
import type { OpenSshSettings } from './openssh-config/settings.js';
import { expandCommand, expandFile, type TokenValues } from './openssh-config/tokens.js';
import type { Destination, Hop, Route } from './settings.js';

export interface ResolverOptions {
  /** Where `~` of an inventory is, and the usual files. */
  readonly homeDirectory: string;
  /** What relative paths of an inventory begin at: the project's root. */
  readonly baseDirectory: string;
  /** Who logs in where no user is set. */
  readonly defaultUser: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
  readonly limits: SshLimits;
  readonly config: OpenSshConfig;
  readonly local: Local;
}

/** What the settings of a host say for the bastion before it, where nothing else does: there is no other place to write them. */
type Inherited = Pick<
  SshSettings,
  'identityFile' | 'identitiesOnly' | 'identityAgent' | 'knownHostsFile' | 'connectTimeout'
>;

/** All that was said of one host, by whom. */
interface Said {
  readonly inventory: SshSettings;
  readonly openSsh: OpenSshSettings;
  readonly inherited: Inherited;
  readonly tokens: TokenValues;
}

/**
 * Finds out how each host is reached. What its inventory says counts first, then OpenSSH's configuration for the address that the
 * inventory gives it, then the defaults. A bastion is a host whose name OpenSSH's configuration is asked about as well.
 */
export class DestinationResolver {
  constructor(private readonly options: ResolverOptions) {}

  /** Throws `ssh.proxy_jump`, `ssh.config`, `ssh.unsafe_name`. */
  async resolve(host: Host): Promise<Hop> {
    return this.#hop(host, {}, []);
  }

  /** `behind`: the names of the hosts that are reached through this one. */
  async #hop(host: Host, inherited: Inherited, behind: readonly string[]): Promise<Hop> {
    const inventory = host.ssh;
    const openSsh = await this.#openSsh(host);
    const { defaultUser, limits } = this.options;
    const hostKeyAlias = inventory.hostKeyAlias ?? openSsh.hostKeyAlias;
    const whither = {
      user: inventory.user ?? openSsh.user ?? defaultUser,
      address: openSsh.hostName ?? host.address,
      port: inventory.port ?? openSsh.port ?? 22,
      ...defined({ hostKeyAlias }),
    };
    const tokens: TokenValues = { ...this.options.local, ...whither, name: host.address };
    const said: Said = { inventory, openSsh, inherited, tokens };
    return {
      host,
      destination: {
        ...whither,
        originalName: host.address,
        route: await this.#route(host, said, behind),
        ...this.#identities(said),
        ...this.#hostKeys(said),
        connectTimeout:
          inventory.connectTimeout ??
          openSsh.connectTimeout ??
          inherited.connectTimeout ??
          limits.connectTimeout,
        ...serverAlive(limits, { ...openSsh, ...inventory }),
      },
    };
  }

  async #openSsh({ address, ssh }: Host): Promise<OpenSshSettings> {
    const { user, port, configFile } = ssh;
    const file = configFile === undefined || isNone(configFile) ? configFile : this.#absolute(configFile);
    return this.options.config.settingsFor({
      name: address,
      ...defined({ user, port, configFile: file }),
    });
  }

  async #route(
    host: Host,
    { inventory, openSsh, inherited, tokens }: Said,
    behind: readonly string[],
  ): Promise<Route> {
    const own = inventory.proxyJump !== undefined || inventory.proxyCommand !== undefined;
    const { proxyJump, proxyCommand } = own ? inventory : openSsh;
    // A list that is written out has an end; what a configuration says of each bastion in turn may have none.
    const name = formatJump({ ...inventory, name: host.address });
    const way = own ? behind : [...behind, name];
    if (!own && behind.includes(name)) throw proxyJumpLoop(host, way);
    if (proxyJump !== undefined && !isNone(proxyJump)) {
      const bastion = bastionOf(host, parseJumps(host, proxyJump));
      return { kind: 'jump', bastion: await this.#hop(bastion, { ...inherited, ...inventory }, way) };
    }
    if (proxyCommand === undefined || isNone(proxyCommand)) return { kind: 'direct' };
    requireSafeName('host', tokens.address);
    requireSafeName('user', tokens.user);
    return { kind: 'command', command: expandCommand('ProxyCommand', proxyCommand, tokens) };
  }

  #identities({
    inventory,
    openSsh,
    inherited,
    tokens,
  }: Said): Pick<Destination, 'identityFiles' | 'certificateFiles' | 'identitiesOnly' | 'identityAgent'> {
    const file = (setting: string, path: string): string => resolve(expandFile(setting, path, tokens));
    const configured = openSsh.identityFiles?.filter((path) => !isNone(path));
    const named = inventory.identityFile ?? (configured === undefined ? inherited.identityFile : undefined);
    const agent = this.#agent(inventory.identityAgent ?? openSsh.identityAgent ?? inherited.identityAgent);
    return {
      identityFiles:
        named === undefined
          ? (configured?.map((path) => file('IdentityFile', path)) ?? 'usual')
          : [this.#absolute(named)],
      certificateFiles: openSsh.certificateFiles?.map((path) => file('CertificateFile', path)) ?? [],
      identitiesOnly:
        inventory.identitiesOnly ?? openSsh.identitiesOnly ?? inherited.identitiesOnly ?? named !== undefined,
      ...defined({ identityAgent: agent }),
    };
  }

  /** As ssh_config(5) has IdentityAgent. */
  #agent(setting: string | undefined): string | undefined {
    const { agentSocket, local } = this.options;
    if (setting === undefined || setting === 'SSH_AUTH_SOCK')
      return agentSocket === '' ? undefined : agentSocket;
    if (isNone(setting)) return undefined;
    const [, variable] = /^\$(\w+)$/.exec(setting) ?? [];
    return variable === undefined ? this.#absolute(setting) : local.environment[variable];
  }

  #hostKeys({
    inventory,
    openSsh,
    inherited,
    tokens,
  }: Said): Pick<
    Destination,
    | 'userKnownHostsFiles'
    | 'globalKnownHostsFiles'
    | 'revokedHostKeysFile'
    | 'hostKeyChecking'
    | 'hashKnownHosts'
  > {
    const listed = (paths: string): readonly string[] =>
      isNone(paths)
        ? []
        : paths
            .trim()
            .split(/\s+/)
            .map((path) => this.#absolute(path));
    const usual = '~/.ssh/known_hosts ~/.ssh/known_hosts2';
    const userKnownHostsFiles =
      inventory.knownHostsFile === undefined
        ? (openSsh.userKnownHostsFiles ?? listed(inherited.knownHostsFile ?? usual))
        : listed(inventory.knownHostsFile);
    const revoked = openSsh.revokedHostKeysFile;
    return {
      userKnownHostsFiles,
      globalKnownHostsFiles: openSsh.globalKnownHostsFiles ?? [
        '/etc/ssh/ssh_known_hosts',
        '/etc/ssh/ssh_known_hosts2',
      ],
      ...(revoked === undefined
        ? {}
        : { revokedHostKeysFile: resolve(expandFile('RevokedHostKeys', revoked, tokens)) }),
      hostKeyChecking: inventory.strictHostKeyChecking ?? openSsh.hostKeyChecking ?? 'yes',
      hashKnownHosts: openSsh.hashKnownHosts ?? false,
    };
  }

  #absolute(path: string): string {
    const { baseDirectory, homeDirectory } = this.options;
    const atHome = path === '~' || path.startsWith('~/');
    return atHome ? join(homeDirectory, path.slice(1)) : resolve(baseDirectory, path);
  }
}

const isNone = (value: string): boolean => value.trim().toLowerCase() === 'none';
