import { join } from 'node:path';
import { notWithOpenSsh, unfitForSsh } from '../../errors/openssh.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import { quote } from '../quote.js';
import { formatJump, type Jump, type Jumps } from '../ssh/jump-hosts.js';
import { requireSafeName } from '../ssh/openssh-config/safe-name.js';
import type { EffectiveSettings } from './effective-settings.js';
import { absolute, configFileOf, isNone, type Surroundings } from './surroundings.js';

export interface MasterFiles {
  /** What `configFor` wrote. */
  readonly config: string;
  readonly socket: string;
}

/**
 * Refuses what ssh, or the shell of a ProxyCommand, would take for something else, and what it does not know how to do. Throws
 * `ssh.unsafe_name`, `ssh.unfit`.
 */
export function checkFit(host: Host): void {
  const { ssh, address } = host;
  requireSafeName('host', address);
  if (ssh.user !== undefined) requireSafeName('user', ssh.user);
  if (ssh.hostKeyAlias !== undefined) requireSafeName('host', ssh.hostKeyAlias);
  const paths = [ssh.identityFile, ssh.identityAgent, ssh.knownHostsFile, ssh.configFile];
  for (const path of paths) {
    if (path !== undefined && /["\p{Cc}]/u.test(path)) throw unfitForSsh(host, path);
  }
  const line = ssh.proxyCommand;
  if (line !== undefined && /[\n\r\0]/.test(line)) throw unfitForSsh(host, line);
  if (ssh.instanceConnect === true) throw notWithOpenSsh(host, 'instance_connect');
  if (ssh.hostKeys === 'console') throw notWithOpenSsh(host, 'host_keys: console');
}

/**
 * The configuration that ssh is given. What it says first counts, and counts for the bastions on the way as well, to which no option
 * of the command line is handed on. Then come the user's own and the system's, or the one that the inventory names.
 */
export function configFor(host: Host, settings: EffectiveSettings, surroundings: Surroundings): string {
  const { identityFile, identitiesOnly, identityAgent, knownHostsFile } = host.ssh;
  const path = (text: string): string => `"${absolute(text, surroundings)}"`;
  const onlyNamed = identitiesOnly ?? (identityFile === undefined ? undefined : true);
  return [
    '# Written by adfpush for one connection.',
    // No person answers here, neither a question about a host key nor one for a passphrase.
    'BatchMode yes',
    // Of bastions; the host itself is given its own.
    'StrictHostKeyChecking yes',
    // Many masters would rewrite the same file at once.
    'UpdateHostKeys no',
    'PermitLocalCommand no',
    'ControlMaster no',
    'ControlPath none',
    // Of bastions: why they refused, and nothing of their progress.
    'LogLevel INFO',
    ...said('UserKnownHostsFile', knownHostsFile, (text) => text.trim().split(/\s+/).map(path).join(' ')),
    ...said('IdentityFile', identityFile, path),
    ...said('IdentitiesOnly', onlyNamed, (only) => (only ? 'yes' : 'no')),
    ...said('IdentityAgent', identityAgent, (text) =>
      /^(\$|SSH_AUTH_SOCK$)/.test(text) ? text : path(text),
    ),
    ...configFiles(host, surroundings).map((file) => `Include "${file}"`),
    // Whatever the last part of those files was about: this is about all hosts again.
    'Match all',
    `ConnectTimeout ${inSeconds(settings.connectTimeout)}`,
    `ServerAliveInterval ${inSeconds(settings.serverAliveInterval)}`,
    `ServerAliveCountMax ${settings.serverAliveCountMax}`,
    '',
  ].join('\n');
}

function said<T>(keyword: string, value: T | undefined, write: (value: T) => string): string[] {
  if (value === undefined) return [];
  return [`${keyword} ${typeof value === 'string' && isNone(value) ? 'none' : write(value)}`];
}

function configFiles(host: Host, surroundings: Surroundings): string[] {
  const named = configFileOf(host, surroundings);
  if (named === undefined) return [join(surroundings.homeDirectory, '.ssh/config'), '/etc/ssh/ssh_config'];
  return isNone(named) ? [] : [named];
}

/**
 * The arguments of a master that opens no session of its own. It goes to the background once the user was let in, and ends by itself
 * `persist` seconds after the last who used it: also when we are killed, since our end of its socket closes with us.
 */
export function masterArguments(
  host: Host,
  settings: EffectiveSettings,
  files: MasterFiles,
  persist: number,
  { program }: Surroundings,
): string[] {
  const { ssh, address } = host;
  const { jumps } = settings;
  // Given alone, each rules out the other one of the configuration.
  const way =
    jumps === undefined
      ? {
          ProxyCommand: ssh.proxyCommand,
          ProxyJump: ssh.proxyCommand === undefined ? ssh.proxyJump : undefined,
        }
      : { ProxyCommand: throughJumps(jumps, files.config, program) };
  const options = {
    ControlPersist: persist,
    ClearAllForwardings: 'yes',
    RemoteCommand: 'none',
    StrictHostKeyChecking: settings.hostKeyChecking,
    ConnectTimeout: inSeconds(settings.connectTimeout),
    ServerAliveInterval: inSeconds(settings.serverAliveInterval),
    ServerAliveCountMax: settings.serverAliveCountMax,
    User: ssh.user,
    Port: ssh.port,
    HostKeyAlias: ssh.hostKeyAlias,
    ...way,
  };
  return [
    ...['-F', files.config],
    ...['-M', '-S', files.socket.replaceAll('%', '%%')],
    // No session, no terminal, no agent and no display of ours on the host.
    ...['-N', '-T', '-a', '-x'],
    // What it tells of its progress is how we know in which phase it failed, and why it ended.
    '-v',
    ...Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : ['-o', `${name}=${value}`],
    ),
    ...['--', address],
  ];
}

/** What ssh makes of ProxyJump by itself, but for -v, which it would hand on: what the bastion's ssh tells would be mixed into its own. */
function throughJumps({ before, last }: Jumps, config: string, program: string): string {
  for (const jump of [...before, last]) checkJump(jump);
  const words = [
    program,
    ...['-F', config],
    ...(last.user === undefined ? [] : ['-l', last.user]),
    ...(last.port === undefined ? [] : ['-p', String(last.port)]),
    ...(before.length === 0 ? [] : ['-J', before.map(formatJump).join(',')]),
  ];
  const plain = (word: string): string => quote(word).replaceAll('%', '%%');
  return `${words.map(plain).join(' ')} -W '[%h]:%p' -- ${plain(last.name)}`;
}

function checkJump({ name, user }: Jump): void {
  requireSafeName('host', name);
  if (user !== undefined) requireSafeName('user', user);
}

/** At least one: 0 would switch it off. */
const inSeconds = (duration: Milliseconds): number => Math.max(1, Math.ceil(duration / 1_000));
