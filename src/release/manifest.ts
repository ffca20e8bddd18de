import { createHash } from 'node:crypto';
import { digestOfHash, isDigest, type Digest } from '../model/ids.js';
import type { Platform } from '../ports/registry.js';

const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const singleTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** The configurations that name a platform; other artifacts have others. */
const configTypes = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/** For an Accept header. A registry that is not told about indexes gives one platform's manifest instead. */
export const manifestTypes = [...indexTypes, ...singleTypes].join(', ');

export type Manifest =
  | {
      readonly kind: 'index';
      readonly platforms: readonly Platform[];
      /** The manifest of the first platform. */
      readonly first?: Digest;
    }
  | { readonly kind: 'single'; readonly config: Digest | undefined }
  | { readonly kind: 'unknown'; readonly reason: string };

export function digestOfBytes(bytes: Uint8Array): Digest {
  return digestOfHash(createHash('sha256').update(bytes).digest('hex'));
}

/** Reads a manifest by its own media type, else by the header's, which OCI allows to be the only one. */
export function readManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  const manifest = parse(bytes);
  const type = text(manifest['mediaType']) ?? contentType?.split(';')[0]?.trim() ?? '';
  if (indexTypes.includes(type)) {
    const entries = list(manifest['manifests']);
    const [first] = entries.filter((entry) => platformOfEntry(entry).length > 0);
    const digest = text(object(first)['digest']) ?? '';
    return {
      kind: 'index',
      platforms: distinct(entries.flatMap(platformOfEntry)),
      ...(isDigest(digest) ? { first: digest } : {}),
    };
  }
  if (singleTypes.includes(type)) return { kind: 'single', config: configOf(manifest) };
  return {
    kind: 'unknown',
    reason:
      manifest['schemaVersion'] === 1 ? 'a manifest of the old schema 1' : `a manifest of type "${type}"`,
  };
}

/** The platform that an image's configuration names, if any. */
export function readImageConfig(bytes: Uint8Array): readonly Platform[] {
  return platformOf(parse(bytes));
}

/** The labels in an image's configuration. */
export const readLabels = (bytes: Uint8Array): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(object(object(parse(bytes)['config'])['Labels'])).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    ),
  );

export const readTags = (bytes: Uint8Array): readonly string[] =>
  list(parse(bytes)['tags']).filter((tag) => typeof tag === 'string');

function configOf(manifest: Json): Digest | undefined {
  const config = object(manifest['config']);
  const digest = text(config['digest']) ?? '';
  return configTypes.includes(text(config['mediaType']) ?? '') && isDigest(digest) ? digest : undefined;
}

const platformOfEntry = (entry: unknown): readonly Platform[] =>
  platformOf(object(object(entry)['platform']));

/** BuildKit puts its attestations into the index as images for `unknown/unknown`. */
function platformOf(platform: Json): readonly Platform[] {
  const [os, architecture] = [text(platform['os']), text(platform['architecture'])];
  if (os === undefined || architecture === undefined || os === 'unknown') return [];
  return [{ os, architecture }];
}

const distinct = (platforms: readonly Platform[]): readonly Platform[] => [
  ...new Map(platforms.map((one) => [`${one.os}/${one.architecture}`, one])).values(),
];

type Json = Readonly<Record<string, unknown>>;

/** What is no JSON object has no properties. */
function parse(bytes: Uint8Array): Json {
  try {
    return object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const object = (value: unknown): Json => (isObject(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
