import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf, mediaType, type Blob, type BuiltImage } from '../../src/lab/registry/image.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

/** A small image that runs on any Linux: a shell and a few programs of this machine, with the libraries they need. */
export function shellImage(version: string): BuiltImage {
  const folder = temporaryFolder('image');
  const put = (file: string): void => {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    copyFileSync(file, join(folder, file));
  };
  for (const program of ['/bin/sh', '/bin/sleep', '/bin/cat']) {
    put(program);
    const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
    for (const library of libraries) put(library);
  }
  const packed = execFileSync(
    'tar',
    ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '-C', folder, '-cz', '.'],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );

  const layer = blob(mediaType.layer, packed);
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const config = json(mediaType.config, {
    os: 'linux',
    architecture,
    config: {
      Env: [`VERSION=${version}`],
      Labels: { version },
      Cmd: ['/bin/sh', '-c', 'echo started; exec /bin/sleep 1000'],
    },
    rootfs: { type: 'layers', diff_ids: [digestOf(gunzipSync(packed))] },
  });
  const manifest = json(mediaType.manifest, {
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: descriptor(config),
    layers: [descriptor(layer)],
  });
  const index = json(mediaType.index, {
    schemaVersion: 2,
    mediaType: mediaType.index,
    manifests: [{ ...descriptor(manifest), platform: { os: 'linux', architecture } }],
  });
  return { index, manifests: [manifest], blobs: [layer, config] };
}

const blob = (type: string, bytes: Buffer): Blob => ({ digest: digestOf(bytes), mediaType: type, bytes });
const json = (type: string, value: unknown): Blob => blob(type, Buffer.from(JSON.stringify(value)));
const descriptor = ({ mediaType: type, digest, bytes }: Blob) => ({
  mediaType: type,
  digest,
  size: bytes.length,
});
