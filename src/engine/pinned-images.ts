import { defined } from '../model/defined.js';
import { formatPinnedImage, type PinnedImage, type Repository } from '../model/release.js';
import type { Images } from '../modules/module.js';
import type { Registry, RegistryCredentials, ResolvedImage } from '../ports/registry.js';
import { parseImageReference, registryOf } from '../model/image-reference.js';

/** The digests of one run: a reference is resolved at its first use and means the same to the end, even if the tag moves. */
export class PinnedImages implements Images {
  readonly #registry: Registry;
  readonly #onCredentials: (credentials: RegistryCredentials) => void;
  readonly #resolved = new Map<string, Promise<PinnedImage & ResolvedImage>>();
  readonly #credentials = new Map<Repository, Promise<RegistryCredentials | undefined>>();

  /** `onCredentials` gets a password before it is used, so that it can be kept out of what is shown. */
  constructor(registry: Registry, onCredentials: (credentials: RegistryCredentials) => void) {
    this.#registry = registry;
    this.#onCredentials = onCredentials;
  }

  pin(reference: string): Promise<PinnedImage> {
    return this.resolve(reference);
  }

  /** With the platforms the image exists for. Throws what the registry throws, for every caller alike. */
  resolve(reference: string): Promise<PinnedImage & ResolvedImage> {
    const known = this.#resolved.get(reference);
    if (known !== undefined) return known;
    const { repository, tag, digest } = parseImageReference(reference);
    const resolving = this.#registry
      .resolve({
        repository,
        ...defined({ tag, digest }),
      })
      .then((resolved) => {
        const image = { repository, ...resolved };
        this.#knowByDigest(image);
        return image;
      });
    this.#resolved.set(reference, resolving);
    return resolving;
  }

  /** The digest that a tag stands for needs no question of its own: it has been asked for with the tag. */
  #knowByDigest(image: PinnedImage & ResolvedImage): void {
    const reference = formatPinnedImage(image);
    if (!this.#resolved.has(reference)) this.#resolved.set(reference, Promise.resolve(image));
  }

  /** From now on the reference means this image, whatever its registry says: it is on the hosts, or was resolved by the run that is gone on with. */
  know(reference: string, image: PinnedImage): void {
    this.#resolved.set(reference, Promise.resolve({ ...image, platforms: [] }));
  }

  /** What references mean to this run so far, but for those that are digests themselves. */
  async known(): Promise<Readonly<Record<string, PinnedImage>>> {
    const entries = await Promise.all(
      [...this.#resolved].map(async ([reference, resolving]) => {
        const { repository, digest } = (await resolving.catch(() => undefined)) ?? {};
        return repository === undefined || digest === undefined || reference.includes('@')
          ? []
          : [[reference, { repository, digest }] as const];
      }),
    );
    return Object.fromEntries(entries.flat());
  }

  credentials(repository: Repository): Promise<RegistryCredentials | undefined> {
    const known = this.#credentials.get(repository) ?? this.#ask(repository);
    this.#credentials.set(repository, known);
    return known;
  }

  /** For all hosts of the run, and what is asked about the registry from here. */
  logIn(registry: string, credentials: RegistryCredentials): void {
    this.#onCredentials(credentials);
    this.#registry.logIn(registry, credentials);
    for (const repository of this.#credentials.keys()) {
      if (registryOf(repository) === registry) this.#credentials.delete(repository);
    }
  }

  async #ask(repository: Repository): Promise<RegistryCredentials | undefined> {
    const credentials = await this.#registry.credentials(repository);
    if (credentials !== undefined) this.#onCredentials(credentials);
    return credentials;
  }
}
