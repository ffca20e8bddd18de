import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { isDigest, type Digest } from '../../src/model/ids.js';

/** A digest that is always the same for the same name. */
export function digestOf(name: string): Digest {
  const digest = `sha256:${bytesToHex(sha256(new TextEncoder().encode(name)))}`;
  if (!isDigest(digest)) throw new Error(`${digest} is no digest`);
  return digest;
}
