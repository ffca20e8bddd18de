import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openSshSettingUnsupported, unknownToken, unsetVariable } from '../../../errors/ssh-config.js';

/** What the tokens of ssh_config(5) stand for. */
export interface TokenValues {
  /** %n: as it was asked for. */
  readonly name: string;
  /** %h: after HostName. */
  readonly address: string;
  /** %p */
  readonly port: number;
  /** %r */
  readonly user: string;
  /** %k; the name when there is none. */
  readonly hostKeyAlias?: string;
  /** %d, and `~`. */
  readonly homeDirectory: string;
  /** %u */
  readonly localUser: string;
  /** %i */
  readonly localUid: number;
  /** %l, and %L up to its first dot. */
  readonly localHost: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const forCommands = 'hknpr';
const forFiles = `${forCommands}CdiLlu`;

/** Fills in the tokens of a ProxyCommand. Throws `ssh.config`. */
export const expandCommand = (setting: string, template: string, values: TokenValues): string =>
  template.replaceAll(/%(.?)/gs, (token, letter: string) =>
    letterValue(setting, template, token, letter, forCommands, values),
  );

/** Fills in the tokens, the `~` and the `${VARIABLES}` of a file's path. Throws `ssh.config`. */
export function expandFile(setting: string, template: string, values: TokenValues): string {
  return expandTilde(setting, template, values.homeDirectory).replaceAll(
    /%(.?)|\$\{([^}]*)\}/gs,
    (token, letter: string | undefined, variable: string | undefined) => {
      if (variable === undefined)
        return letterValue(setting, template, token, letter ?? '', forFiles, values);
      const value = values.environment[variable];
      if (value === undefined) throw unsetVariable(setting, template, variable);
      return value;
    },
  );
}

function expandTilde(setting: string, path: string, homeDirectory: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homeDirectory, path.slice(1));
  if (path.startsWith('~'))
    throw openSshSettingUnsupported(
      'a host',
      `${setting} ${path}`,
      'the home of another user is not looked up',
    );
  return path;
}

function letterValue(
  setting: string,
  template: string,
  token: string,
  letter: string,
  allowed: string,
  values: TokenValues,
): string {
  if (letter === '%') return '%';
  if (letter === '' || !allowed.includes(letter)) throw unknownToken(setting, template, token);
  const { name, address, port, user, localHost } = values;
  const hash = (): string => createHash('sha1').update(`${localHost}${address}${port}${user}`).digest('hex');
  const known: Readonly<Record<string, string>> = {
    C: letter === 'C' ? hash() : '',
    d: values.homeDirectory,
    h: address,
    i: String(values.localUid),
    k: values.hostKeyAlias ?? name,
    L: localHost.replace(/\..*$/, ''),
    l: localHost,
    n: name,
    p: String(port),
    r: user,
    u: values.localUser,
  };
  return known[letter] ?? '';
}
