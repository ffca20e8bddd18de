import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { armor, Encrypter } from 'age-encryption';
import { dump } from 'js-yaml';

/** A value to be encrypted; a bare one is a text. */
export type Plain =
  string | number | boolean | Uint8Array | { readonly [key: string]: Plain } | readonly Plain[];

export interface SopsChoices {
  /** Recipients of age. */
  readonly age?: readonly string[];
  /** Of AWS KMS: makes the ciphertext of the data key. */
  readonly kms?: { readonly arn: string; readonly encrypt: (key: Uint8Array) => string };
  /** Other keys of the metadata: `encrypted_regex`, `mac_only_encrypted`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly isEncrypted?: (path: readonly string[]) => boolean;
  readonly format?: 'yaml' | 'json';
}

const typeOf = (value: string | number | boolean | Uint8Array): string =>
  typeof value === 'string'
    ? 'str'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? 'int'
          : 'float'
        : 'bytes';

const bytesOf = (value: string | number | boolean | Uint8Array): Buffer =>
  value instanceof Uint8Array
    ? Buffer.from(value)
    : Buffer.from(typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value));

function seal(value: string | number | boolean | Uint8Array, key: Uint8Array, boundTo: string): string {
  const bytes = bytesOf(value);
  if (bytes.length === 0) return '';
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(boundTo));
  const data = Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64');
  const tag = cipher.getAuthTag().toString('base64');
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${tag},type:${typeOf(value)}]`;
}

/** What `sops encrypt` writes, by its documented format. */
export async function encryptBySops(
  values: Readonly<Record<string, Plain>>,
  { age = [], kms, metadata = {}, isEncrypted = () => true, format = 'yaml' }: SopsChoices,
): Promise<string> {
  const key = randomBytes(32);
  const hash = createHash('sha512');
  const encryptedOnly = metadata['mac_only_encrypted'] === true;
  if (encryptedOnly) hash.update(createHash('sha256').update('sops').digest());
  const walk = (value: Plain, path: readonly string[]): unknown => {
    if (Array.isArray(value)) return value.map((item: Plain) => walk(item, path));
    if (typeof value === 'object' && !(value instanceof Uint8Array)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name])]),
      );
    }
    const scalar = value;
    const encrypted = isEncrypted(path);
    if (encrypted || !encryptedOnly) hash.update(bytesOf(scalar));
    return encrypted ? seal(scalar, key, `${path.join(':')}:`) : scalar;
  };
  const tree = walk(values, []) as Record<string, unknown>;
  const lastmodified = '2026-11-29T12:00:00Z';
  const ageKeys = await Promise.all(
    age.map(async (recipient) => {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      return { recipient, enc: armor.encode(await encrypter.encrypt(key)) };
    }),
  );
  const sops = {
    age: ageKeys,
    ...(kms === undefined
      ? {}
      : { kms: [{ arn: kms.arn, enc: kms.encrypt(key), created_at: lastmodified }] }),
    lastmodified,
    mac: seal(hash.digest('hex').toUpperCase(), key, lastmodified),
    ...metadata,
    version: '3.10.2',
  };
  const document = { ...tree, sops };
  return format === 'json' ? JSON.stringify(document, undefined, '\t') : dump(document);
}
