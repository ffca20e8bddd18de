import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { vi } from 'vitest';
import { endedWithTest, kill } from '../stages/processes.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

/** Debian's docker-registry, the reference implementation, on a port of this machine. */
export interface DockerRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  push(repository: string, tag: string, manifest: Manifest): Promise<string>;
  /** Gives the blob's digest. */
  pushBlob(repository: string, content: string): Promise<string>;
  close(): Promise<void>;
}

interface Manifest {
  readonly mediaType: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export const registryBinary = '/usr/bin/docker-registry';

export async function startDockerRegistry(auth?: string): Promise<DockerRegistry> {
  const folder = temporaryFolder('registry');
  const host = `127.0.0.1:${await freePort()}`;
  const config = path.join(folder, 'config.yml');
  await writeFile(config, configOf(folder, host, auth));
  const child = endedWithTest(spawn(registryBinary, ['serve', config], { stdio: 'ignore' }));
  await vi.waitFor(async () => fetch(`http://${host}/v2/`), { timeout: 20_000, interval: 20 });
  return {
    host,
    push: async (repository, tag, { mediaType, body }) => {
      const bytes = JSON.stringify({ schemaVersion: 2, mediaType, ...body });
      await put(`http://${host}/v2/${repository}/manifests/${tag}`, mediaType, bytes);
      return digest(bytes);
    },
    pushBlob: async (repository, content) => {
      const started = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
      const upload = new URL(started.headers.get('location') ?? '', `http://${host}`);
      upload.searchParams.set('digest', digest(content));
      await put(upload.href, 'application/octet-stream', content);
      return digest(content);
    },
    close: () => kill(child),
  };
}

export const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

async function put(url: string, type: string, body: string): Promise<void> {
  const { ok, status } = await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body });
  if (!ok) throw new Error(`PUT ${url}: ${status}`);
}

const configOf = (folder: string, host: string, auth = ''): string => `version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: ${folder}/data } }
http: { addr: "${host}" }
${auth}
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
