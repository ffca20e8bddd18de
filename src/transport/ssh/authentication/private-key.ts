import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import ssh2 from 'ssh2';
import type { Secret } from '../../../model/secret.js';
import { needsOpenssh, type LeftOutReason } from './left-out.js';
import { kindOf, publicHalf, publicKeyOf, type PublicKey } from './public-key.js';

/** A private key that is open. */
export interface PrivateKey {
  readonly publicKey: PublicKey;
  /** `hash` is for RSA, which may sign with several; the others have one each. */
  sign(data: Buffer, hash?: string): Buffer;
}

export type ReadPrivateKey =
  | { readonly kind: 'key'; readonly key: PrivateKey }
  /** A passphrase is needed, or another one than was given. */
  | { readonly kind: 'locked'; readonly publicKey?: PublicKey }
  | { readonly kind: 'unusable'; readonly why: LeftOutReason; readonly publicKey?: PublicKey }
  | { readonly kind: 'not_private' };

/** Reads a private key in any form that OpenSSH, OpenSSL or a cloud's console writes, and PuTTY's where ssh2 reads it. */
export function readPrivateKey(text: string, passphrase?: Secret): ReadPrivateKey {
  const clean = normalise(text);
  const pem = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----\n[\s\S]*?\n-----END \1-----/.exec(clean);
  if (pem?.[1] === 'OPENSSH PRIVATE KEY') return readOpenssh(pem[0], passphrase);
  if (pem !== null) return readPem(pem[0], passphrase);
  return clean.startsWith('PuTTY-User-Key-File-') ? readPutty(clean, passphrase) : { kind: 'not_private' };
}

/** Files that went through Windows or a browser's form have carriage returns, blanks at the ends of lines, a byte order mark. */
const normalise = (text: string): string =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .join('\n')
    .trim();

/** PKCS#1, SEC1 and PKCS#8. */
function readPem(pem: string, passphrase: Secret | undefined): ReadPrivateKey {
  const locked = pem.includes('BEGIN ENCRYPTED PRIVATE KEY') || /^Proc-Type: 4,ENCRYPTED$/m.test(pem);
  if (locked && passphrase === undefined) return { kind: 'locked' };
  try {
    return fromKeyObject(
      createPrivateKey({
        key: pem,
        format: 'pem',
        ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }),
      }),
      '',
    );
  } catch (error) {
    // What a wrong passphrase makes of the text can fail in several ways.
    return locked ? { kind: 'locked' } : damaged(error);
  }
}

/** PROTOCOL.key of OpenSSH: the public half, and whether the private half is encrypted, can be read without the passphrase. */
function readOpenssh(text: string, passphrase: Secret | undefined): ReadPrivateKey {
  const data = Buffer.from(text.split('\n').slice(1, -1).join(''), 'base64');
  const header = opensshHeader(data);
  if (header === undefined) return damaged(new Error('it is cut off, or not as OpenSSH writes it'));
  const { cipher, publicKey } = header;
  const locked = cipher !== 'none';
  if (kindOf(publicKey) !== 'plain') return { kind: 'unusable', why: whyNotPlain(publicKey), publicKey };
  if (!readableCipher.test(cipher)) {
    const remedy = 'Encrypt it with another cipher: ssh-keygen -p -Z aes256-ctr -f KEY';
    return { kind: 'unusable', why: { reason: `it is encrypted with ${cipher}`, remedy }, publicKey };
  }
  if (locked && passphrase === undefined) return { kind: 'locked', publicKey };
  const pem = privatePem(text, passphrase);
  if (typeof pem === 'string') return fromPem(pem);
  return locked ? { kind: 'locked', publicKey } : damaged(pem);
}

/** Those that ssh2 decrypts keys with; with chacha20-poly1305 it fails. */
const readableCipher = /^(none|3des-cbc|aes(128|192|256)-(cbc|ctr)|aes(128|256)-gcm@openssh\.com)$/;

function opensshHeader(data: Buffer): { cipher: string; publicKey: PublicKey } | undefined {
  const magic = 'openssh-key-v1\0';
  if (data.toString('latin1', 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const next = (): Buffer => {
    const length = data.length < at + 4 ? 0 : data.readUInt32BE(at);
    const field = data.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return field;
  };
  const [cipher] = [next().toString('latin1'), next(), next()];
  // How many keys: always one.
  at += 4;
  const publicKey = publicKeyOf(next(), '');
  return publicKey === undefined ? undefined : { cipher, publicKey };
}

/** PuTTY's own form: ssh2 reads version 2, of RSA. */
function readPutty(text: string, passphrase: Secret | undefined): ReadPrivateKey {
  const [, lines = ''] = /^Public-Lines: \d+\n([\s\S]*?)\nPrivate-Lines:/m.exec(text) ?? [];
  const publicKey = publicKeyOf(Buffer.from(lines, 'base64'), '');
  const known = publicKey === undefined ? {} : { publicKey };
  if (!/^PuTTY-User-Key-File-2: ssh-rsa$/m.test(text)) {
    const remedy = 'Convert it: puttygen KEY.ppk -O private-openssh -o KEY';
    return {
      kind: 'unusable',
      why: { reason: 'it is in a form of PuTTY that cannot be read', remedy },
      ...known,
    };
  }
  const locked = !/^Encryption: none$/m.test(text);
  if (locked && passphrase === undefined) return { kind: 'locked', ...known };
  const pem = privatePem(text, passphrase);
  if (typeof pem === 'string') return fromPem(pem);
  return locked ? { kind: 'locked', ...known } : damaged(pem);
}

function privatePem(text: string, passphrase: Secret | undefined): string | Error {
  // The types promise a key, and it may be an error.
  const parsed: unknown = ssh2.utils.parseKey(text, passphrase?.reveal());
  if (parsed instanceof Error) return parsed;
  const key = parsed as { getPrivatePEM(): string | null };
  return key.getPrivatePEM() ?? new Error('it has no private half');
}

function fromPem(pem: string): ReadPrivateKey {
  try {
    return fromKeyObject(createPrivateKey(pem), '');
  } catch (error) {
    return damaged(error);
  }
}

/** An open key of ours. */
export function fromKeyObject(key: KeyObject, comment: string): ReadPrivateKey {
  const publicKey = publicHalf(key, comment);
  if (publicKey === undefined) {
    const reason = `SSH has no keys of the kind ${key.asymmetricKeyType ?? 'secret'} on this curve`;
    return { kind: 'unusable', why: { reason, remedy: 'Use an ed25519, ECDSA or RSA key.' } };
  }
  const ownHash = hashes[publicKey.type];
  return {
    kind: 'key',
    key: { publicKey, sign: (data, hash) => sign(hash ?? ownHash ?? null, data, key) },
  };
}

/** RFC 5656, 6.2.1; ed25519 has its hash inside. */
const hashes: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'ssh-rsa': 'sha1',
};

/** Why ssh2 cannot offer a key that OpenSSH could. */
export function whyNotPlain(publicKey: PublicKey): LeftOutReason {
  switch (kindOf(publicKey)) {
    case 'certificate':
      return needsOpenssh('it is a certificate');
    case 'fido':
      return needsOpenssh('it is a FIDO security key');
    default:
      return { reason: `keys of the type ${publicKey.type} are not supported` };
  }
}

const damaged = (error: unknown): ReadPrivateKey => ({
  kind: 'unusable',
  why: {
    reason: `it is no private key that can be used (${error instanceof Error ? error.message : String(error)})`,
  },
});
