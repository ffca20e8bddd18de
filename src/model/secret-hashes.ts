import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { canonical } from './canonical-json.js';
import type { ContainerSpec } from './container.js';
import type { Secret } from './secret.js';

/** The secrets that are somewhere in a value: by name, what of each is there. Never to be shown. */
export type FoundSecrets = ReadonlyMap<string, readonly string[]>;

/** What the label `adfpush.secrets` of a container holds: a keyed hash of each of its secrets, by name. */
export interface HashedSecrets {
  /** Names the key. Hashes under two keys cannot be compared. */
  readonly key: string;
  readonly hashes: Readonly<Record<string, string>>;
}

/** A name for the key that tells nothing of it: 8 hexadecimal digits. */
export const keyNameOf = (key: Secret): string => hmac(key, 'the name of the key').slice(0, 8);

/** Where a specification may hold secrets: all of it but the image. */
export const secretParts = ({ image: _image, ...rest }: ContainerSpec): unknown => rest;

/** HMAC-SHA-256 of each secret under the key, 32 hexadecimal digits. The name is hashed too: equal secrets do not show. */
export const hashSecrets = (found: FoundSecrets, key: Secret): HashedSecrets => ({
  key: keyNameOf(key),
  hashes: Object.fromEntries(
    [...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, values]) => [name, hmac(key, canonical([name, [...values].sort()])).slice(0, 32)]),
  ),
});

/** The label's text. */
export const secretsLabelOf = (hashed: HashedSecrets): string => canonical(hashed);

/** What a label says; undefined where it is missing or cannot be read. */
export function readSecretsLabel(text: string | undefined): HashedSecrets | undefined {
  try {
    return labelShape.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

const labelShape = z.object({ key: z.string(), hashes: z.record(z.string(), z.string()) });

/** The names of secrets that were hashed before and are others now. One that is not there any more did not change. */
export function changedSecrets(before: HashedSecrets, now: FoundSecrets, key: Secret): readonly string[] {
  const { hashes } = hashSecrets(now, key);
  return Object.keys(hashes).filter(
    (name) => Object.hasOwn(before.hashes, name) && before.hashes[name] !== hashes[name],
  );
}

/** The key that most hosts keep, and of several such the one whose name comes first: all agents choose the same. */
export function agreedKey(kept: readonly Secret[]): Secret | undefined {
  const [most] = [...Map.groupBy(kept, keyNameOf)].sort(
    ([a, these], [b, those]) => those.length - these.length || (a < b ? -1 : 1),
  );
  return most?.[1][0];
}

const hmac = (key: Secret, text: string): string =>
  createHmac('sha256', Buffer.from(key.reveal(), 'hex')).update(text).digest('hex');
