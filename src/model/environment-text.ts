/** What keeps a text from being the value of an environment variable. */
export type EnvironmentFault = 'nul' | 'not_utf8' | 'encrypted';

/** Undefined for a text that a program can be given as a variable. Half of a surrogate pair has no bytes in UTF-8. */
export function environmentFault(text: string): EnvironmentFault | undefined {
  if (text.includes('\0')) return 'nul';
  if (!text.isWellFormed()) return 'not_utf8';
  return isEncrypted(text) ? 'encrypted' : undefined;
}

/**
 * Whether a value is what a tool made of a secret, and not the secret: ansible-vault, sops, gpg, age. Such a value arrives when a file was
 * not decrypted before it was read.
 */
export const isEncrypted = (text: string): boolean =>
  /^\s*(\$ANSIBLE_VAULT;|ENC\[AES256_GCM,data:|-----BEGIN (PGP MESSAGE|AGE ENCRYPTED FILE)-----|age-encryption\.org\/v1\b)/.test(
    text,
  );
