import { canonical } from './canonical-json.js';
import type { ContainerSpec } from './container.js';
import type { ConfigurationRecord } from './release-record.js';
import type { FoundSecrets, HashedSecrets } from './secret-hashes.js';
import { sha256 } from './sha256.js';

/** The words of group settings for parts of a specification that have other names here. */
const words: Readonly<Record<string, string>> = { stopTimeout: 'stop_timeout', extraHosts: 'extra_hosts' };

/**
 * The rendered specifications by key: `api.env.LOG_LEVEL`, `api.ports`. Images are left out. A value that holds a secret has `***` in its
 * place.
 */
export function configurationKeys(
  specs: readonly ContainerSpec[],
  secrets: FoundSecrets,
): ReadonlyMap<string, unknown> {
  const hidden = [...secrets.values()].flat().sort((a, b) => b.length - a.length);
  const masked = (value: unknown): unknown => {
    if (typeof value === 'string') return hidden.reduce((text, secret) => replaced(text, secret), value);
    if (Array.isArray(value)) return value.map(masked);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item)]));
  };
  return new Map(
    specs.flatMap(({ name, image: _, ...parts }) =>
      Object.entries(parts).flatMap(([part, value]) => {
        const key = `${name}.${words[part] ?? part}`;
        return part === 'env' || part === 'labels'
          ? Object.entries(value as Readonly<Record<string, string>>).map(
              ([one, text]) => [`${key}.${one}`, masked(text)] as const,
            )
          : [[key, masked(value)] as const];
      }),
    ),
  );
}

const replaced = (text: string, secret: string): string =>
  secret === '' ? text : text.replaceAll(secret, '***');

/** What a release's record keeps of the configuration: hashes by key, of secrets keyed ones. */
export function configurationRecord(
  specs: readonly ContainerSpec[],
  secrets: FoundSecrets,
  hashed: HashedSecrets | undefined,
): ConfigurationRecord {
  const keys = Object.fromEntries(
    [...configurationKeys(specs, secrets)]
      .map(([key, value]) => [key, sha256(canonical(value)).slice(0, 12)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return {
    hash: sha256(canonical([keys, hashed ?? {}])).slice(0, 32),
    keys,
    ...(hashed === undefined ? {} : { secrets: hashed }),
  };
}
