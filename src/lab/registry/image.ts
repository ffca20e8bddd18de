import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';

const block = 512;

/** A gzipped tar archive of regular files: what an image layer is. The same files give the same bytes. */
function tarball(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const entries = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    return [header(name, bytes.length), bytes, Buffer.alloc((block - (bytes.length % block)) % block)];
  });
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * block)]), { level: 1 });
}

/** A ustar header. Source: POSIX, pax Interchange Format. */
function header(name: string, size: number): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  bytes.write(name, 0, 100);
  bytes.write(octal(0o644, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write(' '.repeat(8), 148);
  bytes.write('0', 156);
  bytes.write('ustar\x0000', 257);
  const checksum = bytes.reduce((sum, byte) => sum + byte, 0);
  bytes.write(octal(checksum, 7), 148);
  bytes.write(' ', 155);
  return bytes;
}

export const mediaType = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/** Something that a registry stores under its digest. */
export interface Blob {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An image for several platforms: an index, a manifest and a configuration per platform, and common layers. */
export interface BuiltImage {
  readonly index: Blob;
  readonly manifests: readonly Blob[];
  readonly blobs: readonly Blob[];
}

/** What an image of the lab is made of. */
export interface ImageRecipe {
  readonly env: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** As in `EXPOSE`: `5000/tcp`. */
  readonly exposedPorts?: readonly string[];
  /** Each layer as its files. */
  readonly layers: readonly Readonly<Record<string, string | Uint8Array>>[];
}

export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const architectures = ['amd64', 'arm64'] as const;

/** Builds a real OCI image; the same recipe has the same digest. */
export function buildImage(recipe: ImageRecipe): BuiltImage {
  const layers = recipe.layers.map((files) => blob(mediaType.layer, tarball(files)));
  const platforms = architectures.map((architecture) => {
    const config = json(mediaType.config, configuration(recipe, architecture, layers));
    const manifest = json(mediaType.manifest, {
      schemaVersion: 2,
      mediaType: mediaType.manifest,
      config: descriptor(config),
      layers: layers.map(descriptor),
    });
    return { architecture, config, manifest };
  });
  const index = json(mediaType.index, {
    schemaVersion: 2,
    mediaType: mediaType.index,
    manifests: platforms.map(({ architecture, manifest }) => ({
      ...descriptor(manifest),
      platform: { os: 'linux', architecture },
    })),
  });
  return {
    index,
    manifests: platforms.map(({ manifest }) => manifest),
    blobs: [...layers, ...platforms.map(({ config }) => config)],
  };
}

const configuration = (
  { env, labels = {}, exposedPorts = [] }: ImageRecipe,
  architecture: string,
  layers: readonly Blob[],
): unknown => ({
  os: 'linux',
  architecture,
  config: {
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: labels,
    ExposedPorts: Object.fromEntries(exposedPorts.map((port) => [port, {}])),
    Cmd: ['app'],
  },
  rootfs: { type: 'layers', diff_ids: layers.map(({ bytes }) => digestOf(gunzipSync(bytes))) },
});

const blob = (type: string, bytes: Buffer): Blob => ({ digest: digestOf(bytes), mediaType: type, bytes });

const json = (type: string, value: unknown): Blob => blob(type, Buffer.from(JSON.stringify(value)));

const descriptor = ({ mediaType: type, digest, bytes }: Blob) => ({
  mediaType: type,
  digest,
  size: bytes.length,
});
