import { createHash, createPublicKey } from 'node:crypto';

/** A public key of a host. */
export interface PublicKey {
  /** `ssh-ed25519`; of RSA keys always `ssh-rsa`, whatever they sign with. */
  readonly type: string;
  /** As it goes over the wire (RFC 4253, 6.6). */
  readonly blob: Buffer;
  /** Equal for equal keys, also where one blob writes a number with leading zeros. */
  readonly identity: string;
}

/**
 * What follows a key's type in its blob. A certificate is not looked into: it equals no plain key, which is all that matters here.
 * The types are those of OpenSSH 9.2, the names of RSA signatures among them: it takes them for `ssh-rsa` too.
 */
const shapes: Readonly<Record<string, readonly Part[] | 'certificate'>> = {
  'ssh-ed25519': ['ed25519'],
  'ssh-rsa': ['number', 'modulus'],
  'rsa-sha2-256': ['number', 'modulus'],
  'rsa-sha2-512': ['number', 'modulus'],
  'ssh-dss': ['number', 'number', 'number', 'number'],
  'ecdsa-sha2-nistp256': ['curve', 'point'],
  'ecdsa-sha2-nistp384': ['curve', 'point'],
  'ecdsa-sha2-nistp521': ['curve', 'point'],
  'sk-ssh-ed25519@openssh.com': ['ed25519', 'text'],
  'sk-ecdsa-sha2-nistp256@openssh.com': ['curve', 'point', 'text'],
  'webauthn-sk-ecdsa-sha2-nistp256@openssh.com': ['curve', 'point', 'text'],
  'ssh-ed25519-cert-v01@openssh.com': 'certificate',
  'ssh-rsa-cert-v01@openssh.com': 'certificate',
  'rsa-sha2-256-cert-v01@openssh.com': 'certificate',
  'rsa-sha2-512-cert-v01@openssh.com': 'certificate',
  'ssh-dss-cert-v01@openssh.com': 'certificate',
  'ecdsa-sha2-nistp256-cert-v01@openssh.com': 'certificate',
  'ecdsa-sha2-nistp384-cert-v01@openssh.com': 'certificate',
  'ecdsa-sha2-nistp521-cert-v01@openssh.com': 'certificate',
  'sk-ssh-ed25519-cert-v01@openssh.com': 'certificate',
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com': 'certificate',
};
type Part = 'number' | 'modulus' | 'ed25519' | 'curve' | 'point' | 'text';

/** Smaller RSA keys are no keys to OpenSSH (SSH_RSA_MINIMUM_MODULUS_SIZE), in bits. */
const smallestModulus = 1_024;

/**
 * The key that `type base64` writes, as a known_hosts line or a `.pub` file has it; undefined where OpenSSH's own reader sees no key:
 * unknown type, wrong padding, another type in the blob, bytes left over, a point that is not on its curve.
 */
export function parsePublicKey(type: string, base64: string): PublicKey | undefined {
  const blob = strictBase64(base64);
  if (blob === undefined) return undefined;
  const key = publicKeyOf(blob);
  return key?.type === plainName(type) ? key : undefined;
}

/** The key in a blob; undefined when it is none that OpenSSH knows. */
export function publicKeyOf(blob: Buffer): PublicKey | undefined {
  const [name, ...rest] = fieldsOf(blob) ?? [];
  if (name === undefined) return undefined;
  const type = name.toString('latin1');
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  if (shape === undefined) return undefined;
  if (shape === 'certificate') return { type, blob, identity: blob.toString('base64') };
  if (rest.length !== shape.length) return undefined;
  const curve = curves[rest[0]?.toString('latin1') ?? ''];
  const values = rest.map((bytes, index) => canonical(shape[index] ?? 'text', bytes, curve));
  if (values.includes(undefined)) return undefined;
  const plain = plainName(type);
  if (shape[0] === 'curve' && !plain.includes(rest[0]?.toString('latin1') ?? '')) return undefined;
  return { type: plain, blob, identity: [plain, ...values].join(' ') };
}

/** As `ssh-keygen -l` prints it. */
export const fingerprint = (blob: Buffer): string =>
  `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

/** Names of RSA signatures, and of a way to sign with a security key, stand for the key's own type. */
const plainName = (type: string): string =>
  type.replace(/^rsa-sha2-(?:256|512)(?=$|-cert)/, 'ssh-rsa').replace(/^webauthn-/, '');

/** Base64 as OpenSSH reads it: whitespace passed over (the CR of a CRLF among it), padding and unused bits as they must be. */
function strictBase64(text: string): Buffer | undefined {
  const bare = text.replace(/[\t\n\v\f\r ]/g, '');
  const bytes = Buffer.from(bare, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === bare ? bytes : undefined;
}

/** The fields of a blob, each after its length in four bytes (RFC 4251, 5: string); undefined when they do not fill it. */
export function fieldsOf(blob: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length;) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

const curves: Readonly<Record<string, { readonly crv: string; readonly bytes: number }>> = {
  nistp256: { crv: 'P-256', bytes: 32 },
  nistp384: { crv: 'P-384', bytes: 48 },
  nistp521: { crv: 'P-521', bytes: 66 },
};

function canonical(
  part: Part,
  bytes: Buffer,
  curve: (typeof curves)[string] | undefined,
): string | undefined {
  const text = bytes.toString('base64');
  switch (part) {
    case 'text':
      return text;
    case 'curve':
      return curve === undefined ? undefined : text;
    case 'ed25519':
      return bytes.length === 32 ? text : undefined;
    case 'point':
      return curve !== undefined && isOnCurve(bytes, curve) ? text : undefined;
    case 'number':
    case 'modulus': {
      // Negative numbers are none.
      if ((bytes[0] ?? 0) >= 0x80) return undefined;
      const digits = bytes.toString('hex').replace(/^(?:00)+/, '');
      const bits = digits === '' ? 0 : digits.length * 4 - Math.clz32(parseInt(digits.slice(0, 2), 16)) + 24;
      return part === 'modulus' && bits < smallestModulus ? undefined : digits;
    }
  }
}

function isOnCurve(point: Buffer, { crv, bytes }: { crv: string; bytes: number }): boolean {
  if (point[0] !== 4 || point.length !== 1 + 2 * bytes) return false;
  const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)];
  try {
    createPublicKey({
      key: { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') },
      format: 'jwk',
    });
    return true;
  } catch {
    return false;
  }
}
