import { unsafeName } from '../../../errors/ssh-config.js';

/**
 * Refuses what a shell would take apart: a ProxyCommand and a Match exec are given the name unquoted, and a name may be an EC2 tag that
 * others wrote. Rules of OpenSSH 9.6 and later (`valid_hostname`, `valid_ruser` in its ssh.c). Throws `ssh.unsafe_name`.
 */
export function requireSafeName(kind: 'host' | 'user', name: string): void {
  if (name === '' || name.startsWith('-')) throw unsafeName(kind, name);
  const forbidden = kind === 'host' ? /['`"$\\;&<>|(){}\s\p{Cc}]/u : /['`";&<>|(){}\p{Cc}]|\s-|\\$/u;
  if (forbidden.test(name)) throw unsafeName(kind, name);
}
