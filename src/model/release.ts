import type { EpochMilliseconds } from './duration.js';
import type { Host } from './host.js';
import type { ContainerId, Digest, GroupName } from './ids.js';

/**
 * What a run found on a host as it wanted it, and so left alone: the containers, which earlier runs started, are of this run's release too.
 * All moments are readings of the host's own clock.
 */
export interface ConfirmedRelease {
  readonly run: string;
  /** Who started the run. */
  readonly by: string;
  /** When the run was started. */
  readonly startedAt: EpochMilliseconds;
  /** When it had found that. */
  readonly at: EpochMilliseconds;
  readonly containers: readonly ContainerId[];
}

/** What a run that was started later has put on hosts of a group. */
export interface NewerRelease {
  readonly group: GroupName;
  readonly run: string;
  /** The label of its version. */
  readonly version?: string;
  /** Who started that run. */
  readonly by?: string;
  /** When that run was started, on the clock of the first of these hosts. */
  readonly startedAt?: EpochMilliseconds;
  /** It found there what it wanted, and rolled nothing. */
  readonly isConfirmed?: boolean;
  readonly hosts: readonly Host[];
}

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

/** A release that hosts of the group have a container of, running or kept. */
export interface KnownRelease {
  readonly image: PinnedImage;
  /** The labels it was deployed under, the newest first. */
  readonly versions: readonly string[];
  /** When a container of it was last created, by the hosts' clocks. */
  readonly lastCreated: EpochMilliseconds;
  /** How many of the hosts have a container of it. */
  readonly hosts: number;
  /** On how many it is the current one. */
  readonly current: number;
}

export const formatPinnedImage = ({ repository, digest }: PinnedImage): string => `${repository}@${digest}`;

export const formatImageReference = ({ repository, tag, digest }: ImageReference): string =>
  `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
