import { EngineFault, noSuchImage } from './fault.js';

/** An image as the Engine keeps it. */
export interface Image {
  /** The digest of its configuration. */
  readonly id: string;
  readonly os: string;
  readonly architecture: string;
  readonly env: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly layers: readonly string[];
  readonly size: number;
  readonly created: Date;
  /** `repository:tag`. */
  readonly tags: Set<string>;
  /** `repository@sha256:…`. */
  readonly digests: Set<string>;
}

/** A container's hold on an image, in Docker's words. */
export interface ImageUser {
  readonly id: string;
  readonly running: boolean;
}

/** The images of one Engine, and the layers that they share. */
export class ImageStore {
  readonly #images = new Map<string, Image>();
  readonly layers = new Set<string>();

  all(): readonly Image[] {
    return [...this.#images.values()];
  }

  add(image: Image): Image {
    const present = this.#images.get(image.id);
    if (present === undefined) {
      this.#images.set(image.id, image);
      return image;
    }
    for (const tag of image.tags) present.tags.add(tag);
    for (const digest of image.digests) present.digests.add(digest);
    return present;
  }

  /** A tag stands for one image only. */
  tag(image: Image, tag: string): void {
    for (const other of this.#images.values()) other.tags.delete(tag);
    image.tags.add(tag);
  }

  /** By id, the start of an id, `repository:tag`, `repository@digest`, or a repository that means `:latest`. */
  find(name: string): Image | undefined {
    const tagged = /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
    const id = name.startsWith('sha256:') ? name : `sha256:${name}`;
    const hexadecimal = /^(sha256:)?[0-9a-f]{6,64}$/.test(name);
    return this.all().find(
      (image) =>
        image.tags.has(tagged) || image.digests.has(name) || (hexadecimal && image.id.startsWith(id)),
    );
  }

  /** Throws `EngineFault`. */
  get(name: string): Image {
    const image = this.find(name);
    if (image === undefined) throw noSuchImage(name);
    return image;
  }

  /** Gives what Docker tells: what was untagged and deleted. Throws `EngineFault` when it is missing or in use. */
  remove(name: string, force: boolean, users: readonly ImageUser[]): readonly Record<string, string>[] {
    const image = this.get(name);
    const user = users.find(({ running }) => running) ?? users[0];
    const short = image.id.slice('sha256:'.length, 'sha256:'.length + 12);
    if (user !== undefined && (user.running || !force)) {
      throw new EngineFault(
        409,
        user.running
          ? `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container ${user.id.slice(0, 12)}`
          : `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container ${user.id.slice(0, 12)}`,
      );
    }
    this.#images.delete(image.id);
    const kept = new Set(this.all().flatMap(({ layers }) => layers));
    const dropped = image.layers.filter((layer) => !kept.has(layer));
    for (const layer of dropped) this.layers.delete(layer);
    return [
      ...[...image.tags, ...image.digests].map((reference) => ({ Untagged: reference })),
      { Deleted: image.id },
      ...dropped.map((layer) => ({ Deleted: layer })),
    ];
  }
}
