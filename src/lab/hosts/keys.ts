import ssh2 from 'ssh2';
import { labKeyGeneration } from '../../errors/lab.js';

/** An SSH key pair in OpenSSH's formats. */
export interface KeyPair {
  readonly privateKey: string;
  /** One line: type, key, comment. */
  readonly publicKey: string;
}

const attempts = 20;

/**
 * Makes an ed25519 key. ssh2 makes a malformed one now and then (measured), so each is proven to sign before it is given out.
 * Throws `lab.key_generation`.
 */
export function generateKey(comment: string): KeyPair {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const made = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (works(made.private, made.public)) return { privateKey: made.private, publicKey: made.public };
  }
  throw labKeyGeneration(attempts);
}

function works(privateKey: string, publicKey: string): boolean {
  const [secret, open] = [ssh2.utils.parseKey(privateKey), ssh2.utils.parseKey(publicKey)];
  if (secret instanceof Error || open instanceof Error) return false;
  const proof = Buffer.from('proof');
  const signature = secret.sign(proof);
  // It may also be an error, which ssh2's types do not say.
  const verified: unknown = open.verify(proof, signature);
  return verified === true;
}

/** A line of a known_hosts file. */
export const knownHostsLine = (address: string, port: number, { publicKey }: KeyPair): string =>
  `${port === 22 ? address : `[${address}]:${port}`} ${publicKey.split(' ').slice(0, 2).join(' ')}`;
