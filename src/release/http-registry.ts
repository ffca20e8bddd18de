import { digestMismatch, imageMissing, registryDenied, registryMalformed } from '../errors/registry.js';
import { defined } from '../model/defined.js';
import { isDigest, type Digest } from '../model/ids.js';
import { pathOf, registryOf } from '../model/image-reference.js';
import { formatImageReference, type ImageReference, type Repository } from '../model/release.js';
import type { Clock, Random } from '../ports/clock.js';
import type {
  Platform,
  Registry,
  RegistryCredentials,
  RegistryCredentialSource,
  ResolvedImage,
} from '../ports/registry.js';
import { problemIn } from './http-exchange.js';
import { digestOfBytes, manifestTypes, readImageConfig, readManifest, readTags } from './manifest.js';
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

  /** HEAD for the digest, which a registry may leave out; GET for the platforms, and to see that the bytes are right. */
  async resolve(reference: ImageReference): Promise<ResolvedImage> {
    const question = this.#question(reference);
    const promised = reference.digest ?? (await this.#promisedDigest(question));
    const { bytes, headers } = await this.#manifest(question, 'GET', promised ?? question.wanted);
    const digest = digestOfBytes(bytes);
    if (promised !== undefined && digest !== promised) {
      throw digestMismatch(question.image, question.registry, promised, digest);
    }
    const manifest = readManifest(bytes, headers.get('content-type') ?? undefined);
    if (manifest.kind === 'unknown') throw registryMalformed(question.registry, manifest.reason);
    if (manifest.kind === 'index') return { digest, platforms: manifest.platforms };
    return { digest, platforms: await this.#platformOf(question, manifest.config) };
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
    const { headers } = await this.#manifest(question, 'HEAD', question.wanted);
    const digest = headers.get('docker-content-digest') ?? '';
    return isDigest(digest) ? digest : undefined;
  }

  async #manifest(question: Question, method: 'GET' | 'HEAD', wanted: string): Promise<Answer> {
    const answer = await this.#ask(question, method, `manifests/${wanted}`, manifestTypes);
    if (answer.status === 404) throw await this.#missing(question);
    // Some registries know no HEAD here; GET says the same, and more.
    const settled = answer.status === 200 || (method === 'HEAD' && [405, 501].includes(answer.status));
    if (!settled) throw unexpected(question, answer);
    return answer;
  }

  /** The platform of a single manifest stands in its configuration. */
  async #platformOf(question: Question, config: Digest | undefined): Promise<readonly Platform[]> {
    if (config === undefined) return [];
    const answer = await this.#ask(question, 'GET', `blobs/${config}`);
    if (answer.status !== 200) throw unexpected(question, answer);
    const digest = digestOfBytes(answer.bytes);
    if (digest !== config) throw digestMismatch(question.image, question.registry, config, digest);
    return readImageConfig(answer.bytes);
  }

  async #ask(question: Question, method: 'GET' | 'HEAD', what: string, accept = '*/*'): Promise<Answer> {
    const { connection, path, image, registry } = question;
    const answer = await connection.ask({ method, path: `${path}/${what}`, repository: path, accept });
    if (answer.status !== 401 && answer.status !== 403) return answer;
    const detail = problemIn(answer);
    throw registryDenied(image, registry, {
      ...defined({ username: answer.username, detail }),
    });
  }

  /** The tags are only for the hint, so a registry that does not list them changes nothing about the error. */
  async #missing(question: Question): Promise<Error> {
    const { image, registry, wanted } = question;
    try {
      const answer = await this.#ask(question, 'GET', 'tags/list?n=1000');
      return imageMissing(
        image,
        registry,
        wanted,
        answer.status === 200 ? readTags(answer.bytes) : undefined,
      );
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
