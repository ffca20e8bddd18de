import type { Digest } from './ids.js';

/** An image without a version: `registry:5000/team/api`. */
export type Repository = string;

/** An image as people name it. */
export interface ImageReference {
  readonly repository: Repository;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** An image that cannot move. */
export interface PinnedImage {
  readonly repository: Repository;
  readonly digest: Digest;
}

/** What a run brings: an image pinned by digest, plus its version label. */
export interface Release {
  readonly image: PinnedImage;
  /** What the user asked for (`v2`, `latest`); a label only, the digest is the truth. */
  readonly version: string;
}

export const formatPinnedImage = ({ repository, digest }: PinnedImage): string => `${repository}@${digest}`;

export const formatImageReference = ({ repository, tag, digest }: ImageReference): string =>
  `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
