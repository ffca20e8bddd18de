import { sha256 } from '../../src/model/sha256.js';
import { isDigest, type Digest } from '../../src/model/ids.js';

/** A digest that is always the same for the same name. */
export function digestOf(name: string): Digest {
  const digest = `sha256:${sha256(name)}`;
  if (!isDigest(digest)) throw new Error(`${digest} is no digest`);
  return digest;
}
