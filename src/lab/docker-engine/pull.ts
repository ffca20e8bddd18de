import { z } from 'zod';
import { EngineFault } from './fault.js';
import type { ImageStore } from './image-store.js';
import { RegistrySource, type Layer, type RemoteImage } from './registry-source.js';

/** The disk of a host, as far as an Engine and `df` can tell. */
export interface Disk {
  readonly full: boolean;
}

/** One line of the progress stream. */
export type Progress = Readonly<Record<string, unknown>>;

export interface PullRequest {
  /** With the registry's address, without tag or digest. */
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** The `X-Registry-Auth` header. */
  readonly auth: string | undefined;
}

/** The start of a pull: the manifest is known, so that what fails now fails as an HTTP status. Throws `EngineFault`. */
export async function findRemote(
  { repository, reference, auth }: PullRequest,
  architecture: string,
): Promise<{ readonly source: RegistrySource; readonly remote: RemoteImage }> {
  const source = new RegistrySource(repository, authorizationOf(auth));
  return { source, remote: await source.image(reference, architecture) };
}

/** The rest of a pull, as its progress. Throws `EngineFault`, which then stands in the stream. */
export async function* pullLayers(
  { repository, reference }: PullRequest,
  source: RegistrySource,
  remote: RemoteImage,
  images: ImageStore,
  disk: Disk,
): AsyncGenerator<Progress> {
  const present = images.find(`${repository}@${remote.digest}`) !== undefined;
  yield { status: `Pulling from ${repository.slice(repository.indexOf('/') + 1)}`, id: reference };
  for (const layer of remote.layers) {
    if (images.layers.has(layer.digest)) {
      if (!present) yield { status: 'Already exists', progressDetail: {}, id: shortId(layer) };
      continue;
    }
    yield* pullLayer(layer, source, disk);
    images.layers.add(layer.digest);
  }
  const image = images.add(imageOf(remote));
  image.digests.add(`${repository}@${remote.digest}`);
  if (!reference.startsWith('sha256:')) images.tag(image, `${repository}:${reference}`);
  const named = `${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
  yield { status: `Digest: ${remote.digest}` };
  yield {
    status: present
      ? `Status: Image is up to date for ${named}`
      : `Status: Downloaded newer image for ${named}`,
  };
}

async function* pullLayer(layer: Layer, source: RegistrySource, disk: Disk): AsyncGenerator<Progress> {
  const id = shortId(layer);
  yield { status: 'Pulling fs layer', progressDetail: {}, id };
  yield { status: 'Downloading', progressDetail: { current: 0, total: layer.size }, id };
  if (disk.full) {
    throw new EngineFault(
      500,
      `write /var/lib/docker/tmp/GetImageBlob${layer.digest.slice(7, 16)}: no space left on device`,
    );
  }
  await source.layer(layer);
  const done = { current: layer.size, total: layer.size };
  yield { status: 'Downloading', progressDetail: done, id };
  yield { status: 'Verifying Checksum', progressDetail: {}, id };
  yield { status: 'Download complete', progressDetail: {}, id };
  yield { status: 'Extracting', progressDetail: done, id };
  yield { status: 'Pull complete', progressDetail: {}, id };
}

const imageOf = ({ configDigest, config, layers }: RemoteImage) => ({
  id: configDigest,
  os: config.os,
  architecture: config.architecture,
  env: config.config.Env ?? [],
  command: config.config.Cmd ?? [],
  labels: config.config.Labels ?? {},
  exposedPorts: Object.keys(config.config.ExposedPorts ?? {}),
  layers: layers.map(({ digest }) => digest),
  size: layers.reduce((sum, { size }) => sum + size, 0),
  created: new Date(),
  tags: new Set<string>(),
  digests: new Set<string>(),
});

const shortId = ({ digest }: Layer): string => digest.slice('sha256:'.length, 'sha256:'.length + 12);

const authSchema = z.object({ username: z.string(), password: z.string() });

/** Docker's header is base64 of JSON, in the URL alphabet. Source: Docker Engine API, "Authentication". */
function authorizationOf(auth: string | undefined): string | undefined {
  if (auth === undefined || auth === '') return undefined;
  const parsed = authSchema.safeParse(JSON.parse(Buffer.from(auth, 'base64url').toString()));
  if (!parsed.success) return undefined;
  const { username, password } = parsed.data;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
