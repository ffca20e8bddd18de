import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import { RE2JS } from 're2js';
import { sopsDamaged } from '../../errors/sops.js';
import type { SopsFile, SopsMetadata, SopsNode } from './sops-file.js';

/** `ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]`. Source: `aes/cipher.go` of sops. */
const encrypted = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]/;

/** What the signature begins with where it covers encrypted values only: the SHA-256 of `sops`. */
const seedOfEncryptedOnly = createHash('sha256').update('sops').digest();

/**
 * Decrypts all values of the file with its data key, and verifies its signature (MAC): over all values in their order, comments left out.
 * Numbers are given as they are written. Throws `sops.damaged`.
 */
export function decryptTree(
  { file, tree, metadata }: SopsFile,
  key: Uint8Array,
): Readonly<Record<string, unknown>> {
  const decryption = new TreeDecryption(file, metadata, key);
  const values = decryption.mapping(tree, []);
  decryption.verify();
  return values;
}

class TreeDecryption {
  readonly #hash = createHash('sha512');
  readonly #isEncrypted: (path: readonly string[]) => boolean;
  readonly #encryptedOnly: boolean;

  constructor(
    private readonly file: string,
    private readonly metadata: SopsMetadata,
    private readonly key: Uint8Array,
  ) {
    this.#isEncrypted = ruleOf(metadata);
    this.#encryptedOnly = metadata.mac_only_encrypted === true;
    if (this.#encryptedOnly) this.#hash.update(seedOfEncryptedOnly);
  }

  mapping(node: ReadonlyMap<unknown, SopsNode>, path: readonly string[]): Readonly<Record<string, unknown>> {
    const entries = [...node].map(([name, value]) => {
      const within = [...path, String(name)];
      return [String(name), this.#value(value, within)] as const;
    });
    return Object.fromEntries(entries);
  }

  /** An item of a list has the path of the list. */
  #value(node: SopsNode, path: readonly string[]): unknown {
    if (node instanceof Map) return this.mapping(node, path);
    if (Array.isArray(node)) return node.map((item) => this.#value(item, path));
    if (node === null) return null;
    if (this.#isEncrypted(path)) return this.#decrypted(node, path);
    if (!this.#encryptedOnly) this.#hash.update(bytesOf(node));
    return node;
  }

  #decrypted(node: SopsNode, path: readonly string[]): unknown {
    const name = path.join('.');
    if (typeof node !== 'string') throw sopsDamaged(this.file, `${name} is not encrypted`);
    // An empty text is not encrypted.
    if (node === '') return '';
    const { bytes, type } = this.#open(node, `${path.join(':')}:`, name);
    this.#hash.update(bytes);
    if (type === 'bool') return /^true$/i.test(bytes.toString());
    const text = bytes.toString();
    return Buffer.from(text).equals(bytes) ? text : bytes;
  }

  #open(value: string, boundTo: string, name: string): { readonly bytes: Buffer; readonly type: string } {
    const [, data = '', iv = '', tag = '', type = ''] = encrypted.exec(value) ?? [];
    if (iv === '') throw sopsDamaged(this.file, `${name} is not encrypted`);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, Buffer.from(iv, 'base64'), {
        authTagLength: 16,
      });
      decipher.setAAD(Buffer.from(boundTo));
      decipher.setAuthTag(Buffer.from(tag, 'base64'));
      return { bytes: Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]), type };
    } catch {
      // OpenSSL says no more than that it cannot.
      throw sopsDamaged(this.file, `${name} cannot be decrypted`);
    }
  }

  /** Throws `sops.damaged` when a value was added, removed, or moved. */
  verify(): void {
    const { mac, lastmodified } = this.metadata;
    const signed = this.#open(mac, lastmodified, 'its signature').bytes;
    const found = Buffer.from(this.#hash.digest('hex').toUpperCase());
    if (signed.length !== found.length || !timingSafeEqual(signed, found)) {
      throw sopsDamaged(this.file, 'its values do not have the signature (MAC) that it holds');
    }
  }
}

/** As Go writes them. */
const bytesOf = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);

/** Which values are encrypted, by the keys on the way to them. Its patterns are those of Go, which is RE2. */
function ruleOf(metadata: SopsMetadata): (path: readonly string[]) => boolean {
  const {
    unencrypted_suffix: unencryptedSuffix,
    encrypted_suffix: encryptedSuffix,
    unencrypted_regex: unencryptedRegex,
    encrypted_regex: encryptedRegex,
  } = metadata;
  if (encryptedSuffix !== undefined && encryptedSuffix !== '') {
    return (path) => path.some((key) => key.endsWith(encryptedSuffix));
  }
  if (encryptedRegex !== undefined && encryptedRegex !== '') {
    const pattern = RE2JS.compile(encryptedRegex);
    return (path) => path.some((key) => pattern.matcher(key).find());
  }
  if (unencryptedRegex !== undefined && unencryptedRegex !== '') {
    const pattern = RE2JS.compile(unencryptedRegex);
    return (path) => !path.some((key) => pattern.matcher(key).find());
  }
  if (unencryptedSuffix !== undefined && unencryptedSuffix !== '') {
    return (path) => !path.some((key) => key.endsWith(unencryptedSuffix));
  }
  return () => true;
}
