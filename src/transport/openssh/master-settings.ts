import { join, resolve } from 'node:path';
import { notWithOpenSsh, unfitForSsh } from '../../errors/openssh.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import { quote } from '../quote.js';

/** What is true on this machine, whatever the host. */
export interface Surroundings {
  /** OpenSSH's client. */
  readonly program: string;
  /** Where `~` is. */
  readonly homeDirectory: string;
  /** What relative paths of an inventory begin at. */
  readonly baseDirectory: string;
}

/** What ssh itself says that it would do, and what of it is not left to it. */
export interface MasterSettings {
  readonly hostKeyChecking: 'yes' | 'accept-new';
  /** As ssh has it: `user@host:port`, several with commas between, the nearest to the host last. */
  readonly proxyJump?: string;
  readonly connectTimeout: Milliseconds;
  readonly serverAliveInterval: Milliseconds;
  readonly serverAliveCountMax: number;
}

export interface MasterFiles {
  readonly config: string;
  readonly socket: string;
}

/** Letters, digits and what names, addresses and zones have: nothing that begins an option, or means something to a shell. */
const fitName = /^[A-Za-z0-9_[:][A-Za-z0-9_.:%[\]-]*$/;
const fitUser = /^[^\s'"`$;&<>|(){}*?!\\%-][^\s'"`$;&<>|(){}*?!\\%]*$/;

/** Refuses what ssh, or the shell of a ProxyCommand, would take for something else. Throws `ssh.unfit`. */
export function checkFit(host: Host): void {
  const { ssh, address } = host;
  if (!fitName.test(address)) throw unfitForSsh(host, 'address', address);
  if (ssh.user !== undefined && !fitUser.test(ssh.user)) throw unfitForSsh(host, 'user', ssh.user);
  if (ssh.hostKeyAlias !== undefined && !fitName.test(ssh.hostKeyAlias)) {
    throw unfitForSsh(host, 'host_key_alias', ssh.hostKeyAlias);
  }
  for (const jump of jumpsOf(ssh.proxyJump)) checkJump(host, jump);
  const texts = [ssh.identityFile, ssh.identityAgent, ssh.knownHostsFile, ssh.configFile, ssh.proxyCommand];
  for (const text of texts) {
    if (text !== undefined && /[\n\r\0]/.test(text)) throw unfitForSsh(host, 'ssh setting', text);
  }
  for (const text of texts.slice(0, -1)) {
    if (text?.includes('"') === true) throw unfitForSsh(host, 'ssh setting', text);
  }
  if (ssh.instanceConnect === true) throw notWithOpenSsh(host, 'instance_connect');
  if (ssh.hostKeys === 'console') throw notWithOpenSsh(host, 'host_keys: console');
}

interface Jump {
  readonly user?: string;
  readonly host: string;
  readonly port?: string;
}

const jumpsOf = (proxyJump: string | undefined): string[] =>
  proxyJump === undefined || proxyJump.toLowerCase() === 'none'
    ? []
    : proxyJump.split(',').map((jump) => jump.trim());

const jumpShape = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(\[[^\]\s]+\]|[^:@\s[\]]+)(?::(\d{1,5}))?\/?$/;

function checkJump(host: Host, text: string): Jump {
  const [, user, bracketed, port] = jumpShape.exec(text) ?? [];
  const name = bracketed?.replace(/^\[|\]$/g, '');
  if (name === undefined || !fitName.test(name) || (user !== undefined && !fitUser.test(user))) {
    throw unfitForSsh(host, 'proxy_jump', text);
  }
  return { host: name, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

/** What the inventory says of this host alone, as options of ssh; bastions before it are not told. */
export function optionsOfHost({ ssh }: Host): string[] {
  const { user, port, hostKeyAlias, proxyJump, proxyCommand } = ssh;
  return [
    ...option('User', user),
    ...option('Port', port),
    ...option('HostKeyAlias', hostKeyAlias),
    ...option('ProxyJump', proxyJump),
    ...option('ProxyCommand', proxyCommand),
  ];
}

const option = (name: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : ['-o', `${name}=${value}`];

/**
 * The configuration that ssh is given. What it says first counts, and counts for the bastions on the way as well, to which no option
 * of the command line is handed on. Then comes the user's own, or the one that the inventory names.
 */
export function configFor(host: Host, settings: MasterSettings, surroundings: Surroundings): string {
  const { identityFile, identitiesOnly, identityAgent, knownHostsFile } = host.ssh;
  const absolute = (path: string): string => absolutePath(path, surroundings);
  const onlyNamed = identitiesOnly ?? (identityFile === undefined ? undefined : true);
  return [
    '# Written by adfpush for one connection.',
    // Nobody is there to answer: neither a question about a host key, nor one for a passphrase.
    'BatchMode yes',
    // Never "no", and never more than the host itself is given.
    `StrictHostKeyChecking ${settings.hostKeyChecking}`,
    // Many masters would rewrite the same file at once.
    'UpdateHostKeys no',
    'PermitLocalCommand no',
    'ControlMaster no',
    'ControlPath none',
    'LogLevel ERROR',
    ...(knownHostsFile === undefined
      ? []
      : [`UserKnownHostsFile ${knownHostsFile.trim().split(/\s+/).map(absolute).map(inQuotes).join(' ')}`]),
    ...(identityFile === undefined ? [] : [`IdentityFile ${inQuotes(absolute(identityFile))}`]),
    ...(onlyNamed === undefined ? [] : [`IdentitiesOnly ${onlyNamed ? 'yes' : 'no'}`]),
    ...(identityAgent === undefined
      ? []
      : [
          `IdentityAgent ${identityAgent.toLowerCase() === 'none' ? 'none' : inQuotes(absolute(identityAgent))}`,
        ]),
    ...configFiles(host, surroundings).map((file) => `Include ${inQuotes(file)}`),
    // Whatever part of those files was the last: this is for all hosts again.
    'Match all',
    `ConnectTimeout ${inSeconds(settings.connectTimeout)}`,
    `ServerAliveInterval ${inSeconds(settings.serverAliveInterval)}`,
    `ServerAliveCountMax ${settings.serverAliveCountMax}`,
    '',
  ].join('\n');
}

const configFiles = ({ ssh }: Host, surroundings: Surroundings): string[] => {
  if (ssh.configFile === undefined)
    return [join(surroundings.homeDirectory, '.ssh/config'), '/etc/ssh/ssh_config'];
  return ssh.configFile.toLowerCase() === 'none' ? [] : [absolutePath(ssh.configFile, surroundings)];
};

/** `-F`, when the inventory names a configuration. */
export const configOption = ({ ssh }: Host, surroundings: Surroundings): string[] => {
  if (ssh.configFile === undefined) return [];
  return [
    '-F',
    ssh.configFile.toLowerCase() === 'none' ? 'none' : absolutePath(ssh.configFile, surroundings),
  ];
};

/**
 * The arguments of a master that opens no session of its own. It goes to the background once the user was let in, and ends by itself
 * `persist` seconds after the last who used it: also when we are killed, since our end of its socket closes with us.
 */
export function masterArguments(
  host: Host,
  settings: MasterSettings,
  files: MasterFiles,
  persist: number,
  { program }: Surroundings,
): string[] {
  const { connectTimeout, serverAliveInterval, serverAliveCountMax, proxyJump } = settings;
  const way =
    proxyJump === undefined
      ? []
      : option('ProxyCommand', throughJumps(host, proxyJump, files.config, program));
  return [
    '-F',
    files.config,
    '-M',
    '-S',
    files.socket.replaceAll('%', '%%'),
    '-o',
    `ControlPersist=${persist}`,
    ...['-N', '-T', '-a', '-x'],
    // What it tells of its progress is how we know in which phase it failed, and why it ended.
    ...['-v', '-o', 'ClearAllForwardings=yes', '-o', 'RemoteCommand=none'],
    ...option('ConnectTimeout', inSeconds(connectTimeout)),
    ...option('ServerAliveInterval', inSeconds(serverAliveInterval)),
    ...option('ServerAliveCountMax', serverAliveCountMax),
    ...way,
    ...optionsOfHost(host),
    '--',
    host.address,
  ];
}

/** What ssh makes of ProxyJump by itself, but for -v, which it would hand on: what the bastion's ssh tells would be mixed into its own. */
function throughJumps(host: Host, proxyJump: string, config: string, program: string): string {
  const jumps = jumpsOf(proxyJump);
  const nearest = checkJump(host, jumps.at(-1) ?? '');
  const before = jumps.slice(0, -1);
  for (const jump of before) checkJump(host, jump);
  return [
    quote(program),
    ...['-F', quote(config).replaceAll('%', '%%')],
    ...(nearest.user === undefined ? [] : ['-l', quote(nearest.user)]),
    ...(nearest.port === undefined ? [] : ['-p', nearest.port]),
    ...(before.length === 0 ? [] : ['-J', quote(before.join(','))]),
    `-W '[%h]:%p' --`,
    quote(nearest.host).replaceAll('%', '%%'),
  ].join(' ');
}

/** The sshd that the machine of adfpush itself connects to: `direct|host:port`, or the one of the first bastion. */
export function firstServer(
  host: Host,
  proxyJump: string | undefined,
  hostname: string,
  port: string,
): string {
  const [first] = jumpsOf(proxyJump);
  if (first === undefined) return `direct|${hostname}:${port}`;
  const jump = checkJump(host, first);
  return `direct|${jump.host}:${jump.port ?? '22'}`;
}

const absolutePath = (path: string, { homeDirectory, baseDirectory }: Surroundings): string =>
  path === '~' || path.startsWith('~/') ? join(homeDirectory, path.slice(1)) : resolve(baseDirectory, path);

const inQuotes = (path: string): string => `"${path}"`;

/** At least one: 0 would switch it off. */
const inSeconds = (duration: Milliseconds): number => Math.max(1, Math.ceil(duration / 1_000));
