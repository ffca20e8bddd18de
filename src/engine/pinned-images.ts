import type { PinnedImage, Repository } from '../model/release.js';
import type { Images } from '../modules/module.js';
import type { Registry, RegistryCredentials, ResolvedImage } from '../ports/registry.js';
import { parseImageReference } from '../release/image-reference.js';

/** The digests of one run: a reference is resolved at its first use and means the same to the end, even if the tag moves. */
export class PinnedImages implements Images {
  readonly #registry: Registry;
  readonly #resolved = new Map<string, Promise<PinnedImage & ResolvedImage>>();
  readonly #credentials = new Map<Repository, Promise<RegistryCredentials | undefined>>();

  constructor(registry: Registry) {
    this.#registry = registry;
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
        ...(tag === undefined ? {} : { tag }),
        ...(digest === undefined ? {} : { digest }),
      })
      .then((resolved) => ({ repository, ...resolved }));
    this.#resolved.set(reference, resolving);
    return resolving;
  }

  credentials(repository: Repository): Promise<RegistryCredentials | undefined> {
    const known = this.#credentials.get(repository) ?? this.#registry.credentials(repository);
    this.#credentials.set(repository, known);
    return known;
  }
}
