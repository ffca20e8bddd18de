import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

/** The public half of an SSH key, or a certificate over one. */
export interface PublicKey {
  /** `ssh-ed25519`. */
  readonly type: string;
  /** As it travels (RFC 4253, 6.6). */
  readonly blob: Buffer;
  readonly comment: string;
}

/** What ssh2 makes of a key: only plain ones can be offered. */
export type KeyKind = 'plain' | 'certificate' | 'fido' | 'unsupported';

const plainTypes = new Set([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
]);

export function kindOf({ type }: PublicKey): KeyKind {
  if (plainTypes.has(type)) return 'plain';
  if (type.endsWith('-cert-v01@openssh.com')) return 'certificate';
  return /^(webauthn-)?sk-/.test(type) ? 'fido' : 'unsupported';
}

/** Undefined for bytes that are no key: one begins with its type. */
export function publicKeyOf(blob: Buffer, comment: string): PublicKey | undefined {
  const length = blob.length < 4 ? 0 : blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length < 4 + length) return undefined;
  return { type: blob.toString('latin1', 4, 4 + length), blob, comment };
}

/** A line as in a `.pub` file: type, key in base64, comment. Undefined when the text is none. */
export function readPublicKey(text: string): PublicKey | undefined {
  const [, type, base64, comment] = /^([\w@.-]+) +([A-Za-z0-9+/]+=*)(?: +(.*))?$/m.exec(text) ?? [];
  if (type === undefined || base64 === undefined) return undefined;
  const key = publicKeyOf(Buffer.from(base64, 'base64'), comment?.trim() ?? '');
  return key?.type === type ? key : undefined;
}

/** A line of authorized_keys. */
export const publicKeyLine = ({ type, blob, comment }: PublicKey): string =>
  [type, blob.toString('base64'), comment].join(' ').trimEnd();

/** As `ssh-keygen -l` prints it. */
export const fingerprintOf = ({ blob }: PublicKey): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

const curves: Readonly<Record<string, string>> = {
  'P-256': 'nistp256',
  'P-384': 'nistp384',
  'P-521': 'nistp521',
};

/** The public half of a private key, as SSH writes it (RFC 4253, 5656, 8709). Undefined for a kind that SSH does not have. */
export function publicHalf(key: KeyObject, comment: string): PublicKey | undefined {
  // A JSON Web Key gives each number at its full length, whatever it begins with.
  if (!['rsa', 'ec', 'ed25519'].includes(key.asymmetricKeyType ?? '')) return undefined;
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const [e, n, x, y] = [jwk.e, jwk.n, jwk.x, jwk.y].map((part) => Buffer.from(part ?? '', 'base64url'));
  if (e === undefined || n === undefined || x === undefined || y === undefined) return undefined;
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return publicKeyOf(fields(Buffer.from('ssh-rsa'), integer(e), integer(n)), comment);
    case 'ed25519':
      return publicKeyOf(fields(Buffer.from('ssh-ed25519'), x), comment);
    default: {
      const curve = curves[jwk.crv ?? ''];
      if (curve === undefined) return undefined;
      const point = Buffer.concat([Buffer.of(0x04), x, y]);
      const names = [Buffer.from(`ecdsa-sha2-${curve}`), Buffer.from(curve)];
      return publicKeyOf(fields(...names, point), comment);
    }
  }
}

/** RFC 4251, 5: strings, each with its length before it. */
export const fields = (...parts: readonly Buffer[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );

/** RFC 4251, 5: a positive `mpint` has no superfluous zero, and one where the next bit would mean a negative number. */
function integer(unsigned: Buffer): Buffer {
  const first = unsigned.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.alloc(0) : unsigned.subarray(first);
  return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
}
