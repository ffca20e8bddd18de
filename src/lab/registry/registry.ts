import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { labUnknown } from '../../errors/lab.js';
import { closed, listen, type Address } from '../listen.js';
import type { Blob, BuiltImage } from './image.js';

interface Repository {
  readonly tags: Map<string, string>;
  readonly blobs: Map<string, Blob>;
  readonly manifests: Map<string, Blob>;
}

/** An image registry that can be read: manifests and blobs of the HTTP API v2. Images are put into it in process. */
export class LabRegistry {
  readonly #repositories = new Map<string, Repository>();
  readonly #server = createServer((request, response) => {
    this.#answer(request, response);
  });
  /** The digest header is optional in the specification; without it a client must hash what it got. */
  sendsDigestHeader = true;
  /** When set, every client must log in. */
  login: { readonly username: string; readonly password: string } | undefined;
  /** Requests so far. */
  requests = 0;
  #address = '';

  /** `127.0.0.1:4750`: how image references name this registry. */
  get address(): string {
    return this.#address;
  }

  /** Throws `lab.port_taken`. */
  async listen(at: Address): Promise<void> {
    const { address, port } = await listen(this.#server, 'image registry', at);
    this.#address = `${address}:${port}`;
  }

  async stop(): Promise<void> {
    const done = closed(this.#server);
    this.#server.closeAllConnections();
    await done;
  }

  /** Puts an image in, or moves the tag to it. Gives the digest that the tag now stands for. */
  push(name: string, tag: string, image: BuiltImage): string {
    const repository = this.#repositories.get(name) ?? {
      tags: new Map<string, string>(),
      blobs: new Map<string, Blob>(),
      manifests: new Map<string, Blob>(),
    };
    this.#repositories.set(name, repository);
    for (const blob of image.blobs) repository.blobs.set(blob.digest, blob);
    for (const manifest of [image.index, ...image.manifests]) {
      repository.manifests.set(manifest.digest, manifest);
    }
    repository.tags.set(tag, image.index.digest);
    return image.index.digest;
  }

  /** The digest behind a tag. Throws `lab.unknown`. */
  digest(name: string, tag: string): string {
    const tags = this.#repositories.get(name)?.tags ?? new Map<string, string>();
    const digest = tags.get(tag);
    if (digest === undefined) throw labUnknown('image', `${name}:${tag}`, [...tags.keys()]);
    return digest;
  }

  /** Takes a tag away; what it stood for stays under its digest. */
  untag(name: string, tag: string): void {
    this.#repositories.get(name)?.tags.delete(tag);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    request.resume();
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://registry').pathname);
    if (!this.#mayEnter(request)) {
      response.setHeader('www-authenticate', 'Basic realm="lab"');
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
      return;
    }
    if (path === '/v2/' || path === '/v2') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(path) ?? [];
    const repository = this.#repositories.get(name);
    if (repository === undefined) {
      refuse(response, 404, 'NAME_UNKNOWN', 'repository name not known to registry');
    } else if (kind === 'tags') {
      const body = JSON.stringify({ name, tags: [...repository.tags.keys()].sort() });
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    } else if (kind === 'manifests') {
      const found = repository.manifests.get(repository.tags.get(reference) ?? reference);
      if (found === undefined) refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      else this.#send(request, response, found);
    } else {
      const found = repository.blobs.get(reference);
      if (found === undefined) refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
      else this.#send(request, response, { ...found, mediaType: 'application/octet-stream' });
    }
  }

  #mayEnter({ headers }: IncomingMessage): boolean {
    if (this.login === undefined) return true;
    const { username, password } = this.login;
    return headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  #send(request: IncomingMessage, response: ServerResponse, { bytes, mediaType, digest }: Blob): void {
    if (this.sendsDigestHeader) response.setHeader('docker-content-digest', digest);
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    response.writeHead(200, { 'content-type': mediaType, 'content-length': bytes.length });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
