import { createHash } from 'node:crypto';
import { hostKeyRejected } from '../../../errors/host-key.js';
import type { ErrorHost } from '../../../errors/ssh.js';
import { codeOf } from './file-lock.js';
import { fieldsOf, parsePublicKey, publicKeyOf, type PublicKey } from './public-key.js';
import { readRegular, UnreadFile } from '../../../system/regular-file.js';

/** Whether a key is one that no host may have. */
export type IsRevoked = (key: PublicKey) => boolean;

/**
 * What ssh_config's RevokedHostKeys names: a list of keys as in `.pub` files, or a key revocation list (`ssh-keygen -k`). As with
 * OpenSSH no key is accepted when the file cannot be read or is not there. Throws `ssh.host_key`.
 */
export async function readRevokedKeys(host: ErrorHost, file: string): Promise<IsRevoked> {
  const unreadable = (reason: string): Error => hostKeyRejected(host, { kind: 'unreadable', file, reason });
  const bytes = await readRegular(file).catch((error: unknown) => {
    throw unreadable(error instanceof UnreadFile ? error.message : (codeOf(error) ?? String(error)));
  });
  const revoked = isRevocationList(bytes) ? fromRevocationList(bytes) : fromLines(bytes.toString('latin1'));
  if (revoked === undefined) throw unreadable('it is no list of keys, and no key revocation list');
  return revoked;
}

/** PROTOCOL.krl of OpenSSH. */
const magic = Buffer.from('SSHKRL\n\0', 'latin1');
const isRevocationList = (bytes: Buffer): boolean => bytes.subarray(0, magic.length).equals(magic);

/** Version, serial number, date and flags, before the first field with a length. */
const headerSize = magic.length + 4 + 8 + 8 + 8;

function fromRevocationList(bytes: Buffer): IsRevoked | undefined {
  const version = bytes.length >= headerSize ? bytes.readUInt32BE(magic.length) : 0;
  if (version !== 1) return undefined;
  const revoked = new Set<string>();
  // Two texts, then the sections: a type and a length each.
  let at = headerSize;
  for (let text = 0; text < 2; text += 1) {
    if (at + 4 > bytes.length) return undefined;
    at += 4 + bytes.readUInt32BE(at);
  }
  while (at < bytes.length) {
    if (at + 5 > bytes.length) return undefined;
    const kind = bytes.readUInt8(at);
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) return undefined;
    const fields = kind === certificates ? [] : fieldsOf(bytes.subarray(at + 5, end));
    const prefix = sections[kind];
    if (fields === undefined || (prefix === undefined && kind !== certificates)) return undefined;
    for (const field of fields) revoked.add(`${prefix} ${field.toString('base64')}`);
    at = end;
  }
  if (at !== bytes.length) return undefined;
  const hash = (name: string, blob: Buffer): string => createHash(name).update(blob).digest('base64');
  return ({ blob }) =>
    revoked.has(`key ${blob.toString('base64')}`) ||
    revoked.has(`sha1 ${hash('sha1', blob)}`) ||
    revoked.has(`sha256 ${hash('sha256', blob)}`);
}

/** Certificates are nothing that a plain key could be. A signature is no section that we could check: such a list is not read. */
const certificates = 1;
const sections: Readonly<Record<number, string>> = { 2: 'key', 3: 'sha1', 5: 'sha256' };

function fromLines(text: string): IsRevoked | undefined {
  const revoked = new Set<string>();
  for (const line of text.split('\n')) {
    const [type, base64 = ''] = line.split(/[ \t]+/).filter((word) => word !== '');
    if (type === undefined || type.startsWith('#')) continue;
    const key = parsePublicKey(type, base64);
    if (key === undefined) return undefined;
    revoked.add(key.identity);
  }
  return ({ blob }) => revoked.has(publicKeyOf(blob)?.identity ?? '');
}
