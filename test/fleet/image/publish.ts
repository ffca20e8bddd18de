import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { layerOf } from './layer.js';

/** What an image is: the binary, and the environment it runs with. */
export interface ImageRecipe {
  readonly env: Readonly<Record<string, string>>;
}

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';

/**
 * Publishes an image of one static binary straight over the registry's HTTP API, as its specification has it:
 * blobs first, then the manifest under the tag. A tag that is there moves. Returns the digest of the manifest.
 */
export async function publish(
  registry: string,
  repository: string,
  tag: string,
  binary: Buffer,
  { env }: ImageRecipe,
): Promise<string> {
  const layer = layerOf('app', binary);
  const packed = gzipSync(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch,
      os: 'linux',
      created: '2026-01-01T00:00:00Z',
      config: { Cmd: ['/app'], Env: Object.entries(env).map(([name, value]) => `${name}=${value}`) },
      rootfs: { type: 'layers', diff_ids: [sha256(layer)] },
      history: [{ created: '2026-01-01T00:00:00Z', created_by: 'adfpush fleet' }],
    }),
  );
  for (const blob of [packed, config]) await upload(registry, repository, blob);

  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: describe('application/vnd.docker.container.image.v1+json', config),
      layers: [describe('application/vnd.docker.image.rootfs.diff.tar.gzip', packed)],
    }),
  );
  await call(`http://${registry}/v2/${repository}/manifests/${tag}`, 'PUT', manifest, manifestType);
  return sha256(manifest);
}

async function upload(registry: string, repository: string, blob: Buffer): Promise<void> {
  const digest = sha256(blob);
  const there = await fetch(`http://${registry}/v2/${repository}/blobs/${digest}`, { method: 'HEAD' });
  if (there.ok) return;
  const begun = await call(`http://${registry}/v2/${repository}/blobs/uploads/`, 'POST');
  const location = new URL(begun.headers.get('location') ?? '', `http://${registry}`);
  location.searchParams.set('digest', digest);
  await call(location.href, 'PUT', blob, 'application/octet-stream');
}

async function call(url: string, method: string, body?: Buffer, type?: string): Promise<Response> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    ...(type === undefined ? {} : { headers: { 'content-type': type } }),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const describe = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  size: bytes.length,
  digest: sha256(bytes),
});
