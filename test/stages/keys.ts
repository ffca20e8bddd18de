import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sshd } from './sshd.js';

/** Makes a key with ssh-keygen; gives its path. */
export function makeKey(
  folder: string,
  name: string,
  { type = 'ed25519', passphrase = '', more = [] }: KeyOptions = {},
): string {
  const file = join(folder, name);
  const [kind = type, bits] = type.split('-');
  const size = bits === undefined ? [] : ['-b', bits];
  // Few rounds: how slowly a passphrase is tried is not what is tested.
  const rounds = passphrase === '' ? [] : ['-a', '1'];
  execFileSync('ssh-keygen', [
    ...['-q', '-t', kind, ...size, ...rounds, '-N', passphrase, '-C', name, ...more, '-f', file],
  ]);
  return file;
}

export interface KeyOptions {
  /** `rsa-2048`, `ecdsa-384`, `ed25519`. */
  readonly type?: string;
  readonly passphrase?: string;
  /** Further arguments of ssh-keygen. */
  readonly more?: readonly string[];
}

/** Lets a public key in. Sessions get the sshd's folder as home, as those of its own key do. */
export function authorize(sshd: Sshd, publicKeyFile: string): void {
  const line = readFileSync(publicKeyFile, 'utf8');
  appendFileSync(join(sshd.folder, 'authorized_keys'), `environment="HOME=${sshd.folder}" ${line}`);
}
