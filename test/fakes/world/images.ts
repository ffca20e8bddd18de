import type { Digest } from '../../../src/model/ids.js';
import type { Repository } from '../../../src/model/release.js';
import { digestOf } from '../digest-of.js';
import { image, type ImageBehaviour } from './image-behaviour.js';

/** An image that somebody pushed. */
export interface PublishedImage {
  readonly repository: Repository;
  readonly digest: Digest;
  readonly behaviour: ImageBehaviour;
}

/** All images that were ever pushed, and where the tags point now. */
export class Images {
  readonly #byDigest = new Map<Digest, PublishedImage>();
  readonly #tags = new Map<string, Digest>();

  /** Pushes an image under a tag; the tag moves when it exists. */
  publish(repository: Repository, tag: string, behaviour: ImageBehaviour, digest?: Digest): PublishedImage {
    const published = { repository, digest: digest ?? digestOf(`${repository}:${tag}`), behaviour };
    this.#byDigest.set(published.digest, published);
    this.moveTag(repository, tag, published.digest);
    return published;
  }

  /** As a clean-up of the registry does it: the hosts keep what they have. */
  remove(digest: Digest): void {
    this.#byDigest.delete(digest);
  }

  moveTag(repository: Repository, tag: string, digest: Digest): void {
    this.#tags.set(`${repository}:${tag}`, digest);
  }

  tagged(repository: Repository, tag: string): Digest | undefined {
    return this.#tags.get(`${repository}:${tag}`);
  }

  find(digest: Digest | undefined): PublishedImage | undefined {
    return digest === undefined ? undefined : this.#byDigest.get(digest);
  }

  behaviour(digest: Digest | undefined): ImageBehaviour {
    return this.find(digest)?.behaviour ?? image.healthy(0);
  }
}
