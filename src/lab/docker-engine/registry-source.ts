import { z } from 'zod';
import { digestOf, mediaType } from '../registry/image.js';
import { EngineFault } from './fault.js';

export interface Layer {
  readonly digest: string;
  readonly size: number;
}

/** What a reference led to, before its layers are fetched. */
export interface RemoteImage {
  /** Of what the reference named: the index, where there is one. */
  readonly digest: string;
  readonly configDigest: string;
  readonly config: z.infer<typeof configSchema>;
  readonly layers: readonly Layer[];
}

const descriptor = z.object({ digest: z.string(), size: z.number() });
const indexSchema = z.object({
  manifests: z.array(
    descriptor.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});
const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor) });
const configSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  config: z.object({
    Env: z.array(z.string()).nullish(),
    Cmd: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  }),
});

const accept = [
  mediaType.index,
  mediaType.manifest,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** One repository of a registry, as an Engine reads it. Every method throws `EngineFault` in Docker's words. */
export class RegistrySource {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #named: string;

  /** `repository` begins with the registry's address; `authorization` is a header's value. */
  constructor(repository: string, authorization: string | undefined) {
    const slash = repository.indexOf('/');
    this.#named = repository;
    this.#url = `http://${repository.slice(0, slash)}/v2/${repository.slice(slash + 1)}`;
    this.#headers = authorization === undefined ? {} : { authorization };
  }

  async image(reference: string, architecture: string): Promise<RemoteImage> {
    const top = await this.#fetch(`/manifests/${reference}`, reference);
    const digest = digestOf(top);
    if (reference.startsWith('sha256:') && digest !== reference) throw corrupt(reference);
    const document: unknown = JSON.parse(top.toString());
    const index = indexSchema.safeParse(document);
    const manifest = manifestSchema.parse(
      index.success ? await this.#platform(index.data, architecture) : document,
    );
    const config = await this.layer(manifest.config);
    return {
      digest,
      configDigest: manifest.config.digest,
      config: configSchema.parse(JSON.parse(config.toString())),
      layers: manifest.layers,
    };
  }

  /** The bytes of a blob, verified. */
  async layer({ digest }: Layer): Promise<Buffer> {
    const bytes = await this.#fetch(`/blobs/${digest}`, digest);
    if (digestOf(bytes) !== digest) throw corrupt(digest);
    return bytes;
  }

  async #platform(index: z.infer<typeof indexSchema>, architecture: string): Promise<unknown> {
    const chosen = index.manifests.find(
      ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
    );
    if (chosen === undefined) {
      throw new EngineFault(
        404,
        `no matching manifest for linux/${architecture} in the manifest list entries`,
      );
    }
    const bytes = await this.#fetch(`/manifests/${chosen.digest}`, chosen.digest);
    return JSON.parse(bytes.toString());
  }

  async #fetch(path: string, reference: string): Promise<Buffer> {
    let response: Response;
    try {
      response = await fetch(this.#url + path, { headers: { accept, ...this.#headers } });
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      const reason = cause instanceof Error ? cause.message : String(error);
      throw new EngineFault(500, `Get "${this.#url}${path}": dial tcp: ${reason}`);
    }
    if (response.ok) return Buffer.from(await response.arrayBuffer());
    await response.body?.cancel();
    const joint = reference.startsWith('sha256:') ? '@' : ':';
    if (response.status === 404) {
      throw new EngineFault(
        404,
        `manifest for ${this.#named}${joint}${reference} not found: manifest unknown: manifest unknown`,
      );
    }
    if (response.status === 401) {
      throw new EngineFault(500, `Head "${this.#url}${path}": no basic auth credentials`);
    }
    throw new EngineFault(500, `received unexpected HTTP status: ${response.status}`);
  }
}

const corrupt = (digest: string): EngineFault =>
  new EngineFault(500, `filesystem layer verification failed for digest ${digest}`);
