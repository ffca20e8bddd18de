import { dockerPull } from '../errors/docker.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import { formatPinnedImage, type PinnedImage } from '../model/release.js';
import type { LocalImage, PullProgress } from '../ports/container-runtime.js';
import type { RegistryCredentials } from '../ports/registry.js';
import {
  containerListAnswer,
  imageAnswer,
  imageListAnswer,
  pullLine,
  type ImageAnswer,
  type PullLine,
} from './answers.js';
import type { EngineClient } from './engine-client.js';
import { parseJson } from './json.js';
import { loginOf } from './registry-auth.js';

interface Layer {
  bytes: number;
  totalBytes: number;
  done: boolean;
}

/** The layers of a pull, as its lines tell of them. */
class PullLayers {
  readonly #layers = new Map<string, Layer>();

  /** True when the line changed the sums. */
  read({ id, status = '', progressDetail }: PullLine): boolean {
    // `Pulling from …` carries the tag or digest as its id, and no layer.
    if (id === undefined || status.startsWith('Pulling from')) return false;
    const known = this.#layers.get(id);
    const layer = known ?? { bytes: 0, totalBytes: 0, done: false };
    const before = JSON.stringify(layer);
    if (status === 'Downloading') {
      layer.bytes = Math.max(layer.bytes, progressDetail?.current ?? 0);
      layer.totalBytes = Math.max(layer.totalBytes, progressDetail?.total ?? 0, layer.bytes);
    } else if (status === 'Download complete' || status === 'Extracting') {
      layer.totalBytes = Math.max(layer.totalBytes, progressDetail?.total ?? 0);
      layer.bytes = layer.totalBytes;
    } else if (status === 'Pull complete' || status === 'Already exists') {
      layer.bytes = layer.totalBytes;
      layer.done = true;
    }
    this.#layers.set(id, layer);
    return known === undefined || before !== JSON.stringify(layer);
  }

  get progress(): PullProgress {
    const layers = [...this.#layers.values()];
    return {
      layers: layers.length,
      layersDone: layers.filter(({ done }) => done).length,
      bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
      totalBytes: layers.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
    };
  }
}

/** The images that one Engine has, and how it gets them. */
export class EngineImages {
  constructor(
    private readonly host: Host,
    private readonly client: EngineClient,
  ) {}

  async image(image: PinnedImage): Promise<LocalImage | undefined> {
    const answer = await this.#image(formatPinnedImage(image));
    return answer === undefined ? undefined : localImage(answer);
  }

  async images(): Promise<readonly LocalImage[]> {
    const all = await this.client.read(imageListAnswer, { method: 'GET', path: '/images/json' });
    const answers = await Promise.all(all.map(({ Id }) => this.#image(Id)));
    return answers.filter((answer) => answer !== undefined).map(localImage);
  }

  async pull(
    image: PinnedImage,
    credentials: RegistryCredentials | undefined,
    onProgress: (progress: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const name = formatPinnedImage(image);
    const layers = new PullLayers();
    let failure: string | undefined;
    const answer = await this.client.ask({
      method: 'POST',
      path: '/images/create',
      query: { fromImage: image.repository, tag: image.digest },
      headers: registryAuth(credentials),
      patience: pullPatience,
      ...defined({ signal }),
      onLine: (text) => {
        const line = pullLine.safeParse(parseJson(text));
        if (!line.success) return;
        failure ??= line.data.errorDetail?.message ?? line.data.error;
        if (layers.read(line.data)) onProgress(layers.progress);
      },
    });
    if (answer.status >= 300) failure = this.client.messageOf(answer);
    if (failure === undefined) return;
    await this.client.requireStaying(failure);
    throw dockerPull(this.host, name, failure);
  }

  async removeImage(id: string): Promise<boolean> {
    const answer = await this.#deleteImage(id);
    if (answer !== 'several references') return answer === 'removed';
    // Known under several repositories it is only removed name by name. Not when a container, even a stopped one that
    // is kept for a rollback, was made from it: its names would be lost before the last one is refused.
    const query = { all: '1', filters: JSON.stringify({ ancestor: [id] }) };
    const users = await this.client.read(containerListAnswer, {
      method: 'GET',
      path: '/containers/json',
      query,
    });
    const image = await this.#image(id);
    if (users.length > 0 || image === undefined) return false;
    for (const name of [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])])
      await this.#deleteImage(name);
    return (await this.#image(id)) === undefined;
  }

  async #deleteImage(name: string): Promise<'removed' | 'kept' | 'several references'> {
    const path = `/images/${encodeURIComponent(name)}`;
    const answer = await this.client.call({ method: 'DELETE', path }, [notFound, conflict]);
    if (answer.status < 300) return 'removed';
    const several = /referenced in multiple repositories/.test(this.client.messageOf(answer));
    return several ? 'several references' : 'kept';
  }

  async #image(name: string): Promise<ImageAnswer | undefined> {
    const path = `/images/${encodeURIComponent(name)}/json`;
    const answer = await this.client.call({ method: 'GET', path }, [notFound]);
    return answer.status === notFound ? undefined : this.client.parse(imageAnswer, answer);
  }
}

const notFound = 404;
const conflict = 409;

/** A registry may take its time between two signs of life; one that is silent for longer is not coming back. */
const pullPatience: Milliseconds = 300_000;

const localImage = ({
  Id,
  RepoTags,
  RepoDigests,
  Os,
  Architecture,
  Variant,
  Config,
}: ImageAnswer): LocalImage => ({
  id: Id,
  repoTags: RepoTags ?? [],
  repoDigests: RepoDigests ?? [],
  os: Os,
  architecture: Architecture,
  ...(Variant === null || Variant === undefined || Variant === '' ? {} : { variant: Variant }),
  labels: Config?.Labels ?? {},
  variables: (Config?.Env ?? []).map((line) => line.split('=')[0] ?? line),
});

/** In a header, so that the password is in no argv and on no disk of the host. Base64 for URLs, as the Engine reads it. */
function registryAuth(credentials: RegistryCredentials | undefined): Record<string, string> {
  if (credentials === undefined) return {};
  const auth = JSON.stringify(loginOf(credentials));
  // With padding: the Engine decodes with Go's base64.URLEncoding, which wants it.
  const encoded = Buffer.from(auth).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return { 'x-registry-auth': encoded };
}
