import { openSshSettingUnsupported } from '../../../errors/ssh-config.js';
import type { Milliseconds } from '../../../model/duration.js';
import type { Dump } from './dump.js';
import type { OpenSshSettings } from './settings.js';

/** Reads what was said beyond the defaults. Throws `ssh.config` for what adfpush's own SSH must not pass over. */
export function settingsFrom(name: string, dump: Dump): OpenSshSettings {
  const one = (keyword: string): string | undefined => dump.get(keyword)?.[0];
  refuseUnsupported(name, one);
  const strict = one('stricthostkeychecking')?.toLowerCase();
  const proxyCommand = one('proxycommand');
  return said({
    user: one('user'),
    hostName: one('hostname'),
    port: number(one('port')),
    identityFiles: dump.get('identityfile'),
    certificateFiles: dump.get('certificatefile'),
    identitiesOnly: flag(one('identitiesonly')),
    identityAgent: one('identityagent'),
    proxyJump: one('proxyjump'),
    proxyCommand: proxyCommand === 'none' ? undefined : proxyCommand,
    userKnownHostsFiles: files(name, 'UserKnownHostsFile', one('userknownhostsfile')),
    globalKnownHostsFiles: files(name, 'GlobalKnownHostsFile', one('globalknownhostsfile')),
    revokedHostKeysFile: one('revokedhostkeys'),
    hostKeyAlias: one('hostkeyalias'),
    hostKeyChecking: strict === undefined ? undefined : believesNew.has(strict) ? 'accept-new' : 'yes',
    hashKnownHosts: flag(one('hashknownhosts')),
    connectTimeout: seconds(one('connecttimeout')),
    serverAliveInterval: seconds(one('serveraliveinterval')),
    serverAliveCountMax: number(one('serveralivecountmax')),
  });
}

/** `no` would also accept a changed key, which adfpush never does. `ask` has no person to ask. */
const believesNew = new Set(['no', 'off', 'false', 'accept-new']);

/** Refuses what is not honoured and would have hosts reached, or trusted, otherwise than ssh does. */
function refuseUnsupported(name: string, one: (keyword: string) => string | undefined): void {
  if (flag(one('proxyusefdpass')) === true && one('proxycommand') !== undefined) {
    const why = 'a connection cannot be taken over from another program';
    throw openSshSettingUnsupported(name, 'ProxyUseFdpass yes', why);
  }
  if (flag(one('checkhostip')) === true) {
    const why = 'only the name or alias of a host is looked up in known_hosts';
    throw openSshSettingUnsupported(name, 'CheckHostIP yes', why);
  }
  const command = one('knownhostscommand');
  if (command !== undefined && command.toLowerCase() !== 'none') {
    throw openSshSettingUnsupported(
      name,
      `KnownHostsCommand ${command}`,
      'host keys are looked up in files only',
    );
  }
}

/** An object without the properties that are undefined. */
type Said<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const said = <T extends object>(values: T): Said<T> => {
  const result: Said<T> = {};
  for (const key in values) {
    const value = values[key];
    if (isSaid(value)) result[key] = value;
  }
  return result;
};
const isSaid = <V>(value: V): value is Exclude<V, undefined> => value !== undefined;

const number = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

const flag = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : /^(yes|true)$/i.test(text);

const seconds = (text: string | undefined): Milliseconds | undefined =>
  text === undefined || text === 'none' ? undefined : Number(text) * 1_000;

/**
 * The list is printed with spaces between and none around, so a path that holds one can be told only because all paths begin with a slash
 * (ssh has filled in the tilde).
 */
function files(name: string, setting: string, text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  if (text.toLowerCase() === 'none') return [];
  if (!text.startsWith('/')) {
    throw openSshSettingUnsupported(
      name,
      `${setting} ${text}`,
      'the paths must be absolute, or begin with ~',
    );
  }
  return text.split(/ (?=\/)/);
}
