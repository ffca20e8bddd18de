import type { Run } from '../engine/index.js';
import type { ContainerTemplate } from '../model/container.js';
import type { Host } from '../model/host.js';
import type { ContainerName, GroupName } from '../model/ids.js';
import { formatPinnedImage, type PinnedImage, type Release } from '../model/release.js';
import { parseImageReference } from '../model/image-reference.js';
import type { HostSettings } from './group-sessions.js';

/**
 * Says which release a group gets, instead of its version and its registry. `hosts` are those that the run is to touch; `read` are the settings of
 * the group, where they were read before.
 */
export type ChooseRelease = (
  group: GroupName,
  hosts: readonly Host[],
  run: Run,
  read: readonly HostSettings[] | undefined,
) => Promise<ChosenRelease>;

export interface ChosenRelease {
  readonly release: Release;
  /** What the image of another container means; `ask` asks its registry. */
  readonly image: (other: OtherImage, ask: () => Promise<PinnedImage>) => Promise<PinnedImage>;
}

/** A container of the group that has an image of its own. */
export interface OtherImage {
  readonly container: ContainerName;
  /** As the group's variables have it: `fluent/fluent-bit:3`. */
  readonly reference: string;
}

/**
 * Tells the run what all images of a group mean whose release was chosen: what `main` names is the release. A digest needs no registry
 * that vouches for it: a host that has to pull it finds out before any host leaves service.
 */
export async function knowImages(
  { release, image }: ChosenRelease,
  main: string,
  templates: readonly ContainerTemplate[],
  { images }: Run,
): Promise<void> {
  images.know(formatPinnedImage(release.image), release.image);
  images.know(main, release.image);
  const seen = new Set([main]);
  for (const { name: container, image: reference } of templates) {
    if (reference === undefined || seen.has(reference)) continue;
    seen.add(reference);
    const { repository, digest } = parseImageReference(reference);
    images.know(
      reference,
      digest === undefined
        ? await image({ container, reference }, () => images.pin(reference))
        : { repository, digest },
    );
  }
}
