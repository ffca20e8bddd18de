/** A key service that has encrypted the key of a file. */
export interface DataKeys {
  /** `ciphertext` is base64; `key` is the ARN of the key that encrypted it, with the same `context`. Throws why it cannot be decrypted. */
  decrypt(encrypted: {
    readonly key: string;
    readonly ciphertext: string;
    readonly context: Readonly<Record<string, string>>;
  }): Promise<Uint8Array>;
}
