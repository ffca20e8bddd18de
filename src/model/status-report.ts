import type { DrainedHost } from './drained-hosts.js';
import type { EpochMilliseconds } from './duration.js';
import type { Digest, EnvironmentName, GroupName, HostId, RunId } from './ids.js';
import type { Maintenance } from './maintenance.js';
import type { RegistrationSummary } from './plan.js';
import type { ResultError } from './run-result.js';

/** What the hosts of some groups really run. */
export interface StatusReport {
  readonly environment: EnvironmentName;
  readonly at: EpochMilliseconds;
  readonly groups: readonly GroupStatus[];
  /** Runs of these groups that did not get to their end, or left something held; newest first. Absent when the journal was not looked at. */
  readonly interrupted?: readonly InterruptedStatus[];
}

/** A run that holds something of a group, and is not known to be under way. */
export interface InterruptedStatus {
  readonly run: RunId;
  readonly verb: string;
  readonly groups: readonly GroupName[];
  readonly who: string;
  readonly link?: string;
  /** When it began. */
  readonly since: EpochMilliseconds;
  readonly held: readonly {
    readonly host: HostId;
    readonly name: string;
    readonly what: readonly string[];
  }[];
}

export interface GroupStatus {
  readonly group: GroupName;
  readonly hosts: readonly HostStatus[];
  /** True when its reachable hosts do not all run the same digests. */
  readonly mixed: boolean;
  /** Clients get a page instead of it. */
  readonly maintenance?: Maintenance;
}

export interface HostStatus {
  readonly host: HostId;
  readonly name: string;
  readonly address: string;
  readonly zone?: string;
  /** Why nothing is known of the host: it could not be reached, or Docker did not answer. */
  readonly error?: ResultError;
  readonly containers: readonly ContainerStatus[];
  readonly registrations: readonly RegistrationSummary[];
  /** A person keeps it out of service. */
  readonly drained?: DrainedHost;
  /** What differs from the configuration, in words: `environment variables`, `not registered in api-http`. */
  readonly drift: readonly string[];
}

export interface ContainerStatus {
  readonly name: string;
  readonly version?: string;
  readonly digest?: Digest;
  readonly running: boolean;
  readonly health?: 'starting' | 'healthy' | 'unhealthy';
  readonly restartCount: number;
  readonly startedAt?: EpochMilliseconds;
}
