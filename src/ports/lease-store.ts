import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { EnvironmentName, GroupName } from '../model/ids.js';

/** Who may change a group at this moment: one run per environment and group. */
export interface LeaseStore {
  /** Throws `lease.held` that names the owner and since when, `lease.unavailable`. */
  acquire(request: LeaseRequest): Promise<Lease>;
}

export interface LeaseRequest {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
  /** All listed hosts of the group, whatever `--limit`. */
  readonly hosts: readonly Host[];
  readonly owner: LeaseOwner;
  /** How long it lives without being renewed. */
  readonly duration: Milliseconds;
}

export interface LeaseOwner {
  readonly run: string;
  /** `jenkins@build-7`. */
  readonly who: string;
  /** The build's page, from BUILD_URL. */
  readonly link?: string;
}

export interface Lease {
  /** On the local monotonic clock: no mutation may start past it. */
  readonly deadline: Milliseconds;
  /** Throws `lease.lost`. */
  renew(): Promise<void>;
  /** Never throws: a lease that cannot be released runs out by itself. */
  release(): Promise<void>;
}
