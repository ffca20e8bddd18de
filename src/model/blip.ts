import type { EpochMilliseconds, Milliseconds } from './duration.js';
import type { HostId } from './ids.js';

/** What did not answer for a while: the SSH connection of a host, its Docker Engine, a registry, AWS. */
export type BlipSource = 'connection' | 'engine' | 'registry' | 'cloud';

/** A blip that is over. */
export interface BlipRecord {
  /** When it was over. */
  readonly at: EpochMilliseconds;
  /** Absent for AWS. */
  readonly host?: HostId;
  readonly source: BlipSource;
  /** What the first call that failed said. */
  readonly reason: string;
  readonly duration: Milliseconds;
}
