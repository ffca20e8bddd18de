import type { HashedSecrets } from './secret-hashes.js';
import type { EpochMilliseconds } from './duration.js';
import type { EnvironmentName, GroupName, HostId, RunId } from './ids.js';
import type { PinnedImage } from './release.js';
import type { HostResult } from './run-result.js';

export const releaseOutcomes = [
  'running',
  'succeeded',
  'failed',
  'rolled_back',
  'aborted',
  'recovered',
] as const;

/**
 * How a release ended. `failed`: with some hosts on it, or hosts that need a person; `rolled_back`: the group runs what it ran before;
 * `aborted`: a signal, or a process that was killed; `recovered`: killed, and what it held was restored by another run.
 */
export type ReleaseOutcome = (typeof releaseOutcomes)[number];

/** A release of a group in an environment: what was rolled there, who rolled it and why, and how it ended. Holds no secrets. */
export interface ReleaseRecord {
  /** Shown as `r41`. Counted for each group of an environment from 1, and never given twice. */
  readonly number: number;
  readonly environment: EnvironmentName;
  readonly group: GroupName;
  readonly run: RunId;
  readonly verb: string;
  /** What was asked for (`v2`, `latest`). */
  readonly version: string;
  /** Of the index where the image has several platforms. */
  readonly image: PinnedImage;
  /** `linux/amd64`; empty where the registry does not tell. */
  readonly platforms: readonly string[];
  readonly configuration: ConfigurationRecord;
  /** The files of the project that the run read: by path, the first 8 digits of their SHA-256. */
  readonly files: Readonly<Record<string, string>>;
  /** The commit of the project, where it is a git repository. */
  readonly project?: ProjectRevision;
  /** What the image says of itself, by its OCI labels. */
  readonly labels?: ImageLabels;
  readonly who: string;
  /** The page of the build. */
  readonly link?: string;
  /** `BUILD_TAG` of Jenkins. */
  readonly build?: string;
  /** `--reason`. */
  readonly reason?: string;
  /** The release that the group ran before: the newest that had succeeded. */
  readonly parent?: number;
  /** Of a rollback: the release that it took back. */
  readonly rollbackOf?: number;
  /** Of a rollback: the release that it went back to. */
  readonly restores?: number;
  /** Of a promotion: where the release came from. */
  readonly promotedFrom?: PromotedFrom;
  /** Checks of a promotion that `--skip-gates` passed over, a sentence each. */
  readonly skippedGates?: readonly string[];
  /** By the clock of the machine that ran it. */
  readonly startedAt: EpochMilliseconds;
  /** Absent while it runs. */
  readonly endedAt?: EpochMilliseconds;
  readonly outcome: ReleaseOutcome;
  /** Empty while it runs. */
  readonly hosts: readonly ReleasedHost[];
}

/**
 * The rendered specifications of the group's first host: by key (`api.env.LOG_LEVEL`), the first 12 digits of the SHA-256 of its value with
 * secrets taken out; and a keyed hash of each secret.
 */
export interface ConfigurationRecord {
  readonly hash: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly secrets?: HashedSecrets;
}

interface ProjectRevision {
  /** The commit, 40 hexadecimal digits. */
  readonly commit: string;
  /** The working tree had changes that no commit has. */
  readonly dirty: boolean;
}

export interface ImageLabels {
  /** `org.opencontainers.image.revision` and so on. */
  readonly revision?: string;
  readonly source?: string;
  readonly created?: string;
}

interface PromotedFrom {
  readonly environment: string;
  /** The number of the release there, where it has a record. */
  readonly number?: number;
}

interface ReleasedHost {
  readonly host: HostId;
  readonly name: string;
  readonly status: HostResult['status'];
}

/** `r41`. */
export const releaseName = ({ number }: Pick<ReleaseRecord, 'number'>): string => `r${number}`;

/** The number that `r41` names; undefined where the text is no such name. */
export const releaseNumber = (text: string): number | undefined =>
  /^r[1-9]\d{0,8}$/.test(text) ? Number(text.slice(1)) : undefined;
