import type { Host } from '../model/host.js';
import type { EnvironmentName, GroupName } from '../model/ids.js';
import type { ReleaseRecord } from '../model/release-record.js';

/** Whose releases are meant. */
export interface ReleasesOf {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
}

/**
 * A place that keeps records of releases. A release is written twice, when it begins and when it has ended; nothing is ever taken away.
 * All methods throw what keeps the place from being reached.
 */
export interface ReleasePlace {
  /** For people: `the table releases`, `api-1 (i-1)`. */
  readonly name: string;
  /** The newest `limit` texts that are kept of a group's releases; of one release there may be several. */
  read(of: ReleasesOf, limit: number): Promise<WrittenReleases>;
  /** `taken` when the number belongs to another run already; then nothing was written. */
  write(record: ReleaseRecord): Promise<'written' | 'taken'>;
}

export interface WrittenReleases {
  readonly records: readonly ReleaseRecord[];
  /** Texts that are none: torn, or foreign. */
  readonly unreadable: number;
  /** Records of a newer version of adfpush. */
  readonly newer: number;
}

/** Where the releases of an environment are recorded: in several places, and read from all of them. */
export interface Releases {
  /** Of one host. */
  on(host: Host): ReleasePlace;
  /** The table of the team, where there is one, which gives the numbers; then the state folder of this machine. */
  readonly shared: readonly ReleasePlace[];
  /** The commit of the project's folder; undefined where that is no git repository. */
  revision(): Promise<ReleaseRecord['project']>;
}
