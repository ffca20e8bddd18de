import { digestMismatch, imageMissing, registryDenied, registryMalformed } from '../errors/registry.js';
import { defined } from '../model/defined.js';
import { isDigest, type Digest } from '../model/ids.js';
import { pathOf, registryOf } from '../model/image-reference.js';
import {
  formatImageReference,
  type ImageReference,
  type PinnedImage,
  type Repository,
} from '../model/release.js';
import type { Clock, Random } from '../ports/clock.js';
import type {
  Platform,
  Registry,
  RegistryCredentials,
  RegistryCredentialSource,
  ResolvedImage,
} from '../ports/registry.js';
import { isSuccess, problemIn } from './http-exchange.js';
import {
  digestOfBytes,
  manifestTypes,
  readImageConfig,
  readLabels,
  readManifest,
  readTags,
  type Manifest,
} from './manifest.js';
import { RegistryConnection, type Answer } from './registry-connection.js';

export interface HttpRegistryOptions {
  readonly credentials: RegistryCredentialSource;
  /** Registries (`host:port`) that may be spoken to without TLS; those on this machine always may. */
  readonly insecureRegistries: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

/** One image, and the way to its registry. */
interface Question {
  readonly connection: RegistryConnection;
  readonly registry: string;
  readonly path: string;
  /** The image as the user spells it. */
  readonly image: string;
  /** Its digest or its tag. */
  readonly wanted: string;
}

/** Registries over the OCI distribution API. */
export class HttpRegistry implements Registry {
  readonly #connections = new Map<string, RegistryConnection>();

  readonly #logins = new Map<string, RegistryCredentials>();
  readonly #options: HttpRegistryOptions;

  constructor(private readonly options: HttpRegistryOptions) {
    this.#options = { ...options, credentials: { credentials: (registry) => this.#credentialsOf(registry) } };
  }

  logIn(registry: string, credentials: RegistryCredentials): void {
    this.#logins.set(registry, credentials);
    // What a token of earlier credentials may do says nothing of these.
    this.#connections.delete(registry);
  }

  /**
   * HEAD for the digest, GET for the platforms, and to see that the bytes are right. As with Docker a HEAD that fails, in whatever way, promises
   * nothing: what GET says counts, and it has a body that says why.
   */
  async resolve(reference: ImageReference): Promise<ResolvedImage> {
    const question = this.#question(reference);
    const promised = reference.digest ?? (await this.#promisedDigest(question));
    const { bytes, headers } = await this.#manifest(question, promised ?? question.wanted);
    const digest = digestOfBytes(bytes);
    if (promised !== undefined && digest !== promised) {
      throw digestMismatch(question.image, question.registry, promised, digest);
    }
    const manifest = readManifest(bytes, headers.get('content-type') ?? undefined);
    if (manifest.kind === 'unknown') throw registryMalformed(question.registry, manifest.reason);
    if (manifest.kind === 'index') return { digest, platforms: manifest.platforms };
    return { digest, platforms: await this.#platformOf(question, manifest.config) };
  }

  async labels(image: PinnedImage): Promise<Readonly<Record<string, string>>> {
    const question = this.#question(image);
    let manifest = await this.#readManifest(question, image.digest);
    if (manifest.kind === 'index' && manifest.first !== undefined)
      manifest = await this.#readManifest(question, manifest.first);
    const config = manifest.kind === 'single' ? manifest.config : undefined;
    return config === undefined ? {} : readLabels(await this.#config(question, config));
  }

  async #readManifest(question: Question, wanted: Digest): Promise<Manifest> {
    const { bytes, headers } = await this.#manifest(question, wanted);
    return readManifest(bytes, headers.get('content-type') ?? undefined);
  }

  credentials(repository: Repository): Promise<RegistryCredentials | undefined> {
    return this.#credentialsOf(registryOf(repository));
  }

  async #credentialsOf(registry: string): Promise<RegistryCredentials | undefined> {
    return this.#logins.get(registry) ?? this.options.credentials.credentials(registry);
  }

  #question(reference: ImageReference): Question {
    const registry = registryOf(reference.repository);
    const connection = this.#connections.get(registry) ?? new RegistryConnection(registry, this.#options);
    this.#connections.set(registry, connection);
    return {
      connection,
      registry,
      path: pathOf(reference.repository),
      image: formatImageReference(reference),
      wanted: reference.digest ?? reference.tag ?? 'latest',
    };
  }

  async #promisedDigest(question: Question): Promise<Digest | undefined> {
    const { connection, path, wanted } = question;
    const answer = await connection.askOnce({
      method: 'HEAD',
      path: `${path}/manifests/${wanted}`,
      repository: path,
      accept: manifestTypes,
    });
    const digest = answer?.headers.get('docker-content-digest') ?? '';
    return answer !== undefined && isSuccess(answer) && isDigest(digest) ? digest : undefined;
  }

  async #manifest(question: Question, wanted: string): Promise<Answer> {
    const answer = await this.#ask(question, `manifests/${wanted}`, manifestTypes);
    if (answer.status === 404) throw await this.#missing(question);
    if (!isSuccess(answer)) throw unexpected(question, answer);
    return answer;
  }

  /** The platform of a single manifest stands in its configuration. */
  async #platformOf(question: Question, config: Digest | undefined): Promise<readonly Platform[]> {
    return config === undefined ? [] : readImageConfig(await this.#config(question, config));
  }

  async #config(question: Question, config: Digest): Promise<Uint8Array> {
    const answer = await this.#ask(question, `blobs/${config}`);
    if (!isSuccess(answer)) throw unexpected(question, answer);
    const digest = digestOfBytes(answer.bytes);
    if (digest !== config) throw digestMismatch(question.image, question.registry, config, digest);
    return answer.bytes;
  }

  async #ask(question: Question, what: string, accept = '*/*'): Promise<Answer> {
    const { connection, path, image, registry } = question;
    const answer = await connection.ask({ method: 'GET', path: `${path}/${what}`, repository: path, accept });
    if (answer.status !== 401 && answer.status !== 403) return answer;
    throw registryDenied(image, registry, defined({ username: answer.username, detail: problemIn(answer) }));
  }

  /** The tags are only for the hint, so a registry that does not list them changes nothing about the error. */
  async #missing(question: Question): Promise<Error> {
    const { image, registry, wanted } = question;
    try {
      const answer = await this.#ask(question, 'tags/list?n=1000');
      return imageMissing(image, registry, wanted, isSuccess(answer) ? readTags(answer.bytes) : undefined);
    } catch {
      return imageMissing(image, registry, wanted);
    }
  }
}

const unexpected = ({ registry, image }: Question, answer: Answer): Error =>
  registryMalformed(
    registry,
    `status ${answer.status} for ${image} (${problemIn(answer) ?? 'no reason given'})`,
  );
