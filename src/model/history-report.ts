import type { EpochMilliseconds } from './duration.js';
import type { EnvironmentName, GroupName, RunId } from './ids.js';
import type { ReleaseDifference } from './release-history.js';
import type { ReleaseRecord } from './release-record.js';
import type { PinnedImage } from './release.js';
import type { ResultError } from './run-result.js';

/** Past runs of an environment, the newest first. */
export interface HistoryReport {
  readonly environment: EnvironmentName;
  readonly at: EpochMilliseconds;
  readonly runs: readonly PastRun[];
  /** What could not be read, a sentence each. */
  readonly warnings: readonly string[];
}

/** A run that changed something, or was to. */
export interface PastRun {
  readonly run: RunId;
  readonly verb: string;
  readonly groups: readonly GroupName[];
  /** Of an ad-hoc playbook, as it was given. */
  readonly playbook?: string;
  readonly who: string;
  readonly link?: string;
  readonly startedAt: EpochMilliseconds;
  readonly endedAt?: EpochMilliseconds;
  /** How it ended: in the words of a release's record, or of a result document; `running` while that is not known. */
  readonly outcome: string;
  /** The releases that it rolled. */
  readonly releases: readonly ReleaseRecord[];
  /** Its events are on this machine: `history show` has them. */
  readonly hasEvents: boolean;
}

/** One past run, with all that is known of it. */
export interface RunStory {
  readonly run: PastRun;
  /** Its events, as `--events` writes them; empty where they are on another machine. */
  readonly events: readonly LoggedEvent[];
  /** What it threw instead of ending with a result. */
  readonly thrown: readonly ResultError[];
}

/** An event as it was written: `at` in ISO 8601, and the fields of its type. */
export interface LoggedEvent {
  readonly at: string;
  readonly type: string;
}

/** What changed from one release of a group to another. */
export interface ReleaseDiff {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
  readonly before: ReleaseRecord;
  readonly after: ReleaseRecord;
  readonly differences: readonly ReleaseDifference[];
}

/** The releases of some groups. */
export interface ReleasesReport {
  readonly environment: EnvironmentName;
  readonly at: EpochMilliseconds;
  readonly groups: readonly GroupReleases[];
  readonly warnings: readonly string[];
}

export interface GroupReleases {
  readonly group: GroupName;
  /** How many hosts were asked, and answered. */
  readonly hosts: number;
  readonly releases: readonly ListedRelease[];
}

/** A release by its record, or one that hosts have a container of and no record tells of. */
export interface ListedRelease {
  readonly record?: ReleaseRecord;
  readonly version: string;
  readonly image: PinnedImage;
  /** On how many hosts it runs, and on how many its container is kept besides. */
  readonly running: number;
  readonly kept: number;
}
