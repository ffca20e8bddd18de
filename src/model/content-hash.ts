import { createHash } from 'node:crypto';

/** The algorithms that `hash` in templates knows. */
export const hashNames = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type HashName = (typeof hashNames)[number];

export const isHashName = (name: string): name is HashName => hashNames.some((known) => known === name);

/** The hash of a text in UTF-8, in hexadecimal digits. MD5 and SHA-1 are for what others demand, not for security. */
export const contentHash = (name: HashName, content: string): string =>
  createHash(name).update(content).digest('hex');
