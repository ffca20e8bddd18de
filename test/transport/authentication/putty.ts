import { createCipheriv, createHash, createHmac, createPrivateKey } from 'node:crypto';

const field = (...parts: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );

function integer(base64url = ''): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

const lines = (bytes: Buffer): readonly string[] => bytes.toString('base64').match(/.{1,64}/g) ?? [];
const sha1 = (...parts: readonly (Buffer | string)[]): Buffer => {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** An RSA key as PuTTY writes it, version 2 (PuTTY's manual, appendix C.3). */
export function puttyKey(pem: string, passphrase = ''): string {
  const { n, e, d, p, q, qi } = createPrivateKey(pem).export({ format: 'jwk' });
  const open = field('ssh-rsa', integer(e), integer(n));
  const plain = field(integer(d), integer(p), integer(q), integer(qi));
  const encryption = passphrase === '' ? 'none' : 'aes256-cbc';
  const padding = passphrase === '' ? 0 : (16 - (plain.length % 16)) % 16;
  const secret = Buffer.concat([plain, sha1(plain).subarray(0, padding)]);
  const comment = 'imported';
  const key = Buffer.concat([
    sha1(Buffer.of(0, 0, 0, 0), passphrase),
    sha1(Buffer.of(0, 0, 0, 1), passphrase),
  ]).subarray(0, 32);
  const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  const written = passphrase === '' ? secret : Buffer.concat([cipher.update(secret), cipher.final()]);
  const mac = createHmac('sha1', sha1('putty-private-key-file-mac-key', passphrase))
    .update(field('ssh-rsa', encryption, comment, open, secret))
    .digest('hex');
  return [
    'PuTTY-User-Key-File-2: ssh-rsa',
    `Encryption: ${encryption}`,
    `Comment: ${comment}`,
    `Public-Lines: ${lines(open).length}`,
    ...lines(open),
    `Private-Lines: ${lines(written).length}`,
    ...lines(written),
    `Private-MAC: ${mac}`,
    '',
  ].join('\r\n');
}
