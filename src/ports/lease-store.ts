import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { EnvironmentName, GroupName, HostId } from '../model/ids.js';

/** Who may change a group at this moment: one run per environment and group. */
export interface LeaseStore {
  /**
   * Throws `lease.held` that names the owner and since when, `lease.unavailable`; `lease.quiet` when its holder seems gone, which
   * only a store that must watch a lease to know says, and `lease.members_gone` when hosts that had it are terminated: ask again until it
   * has shown.
   */
  acquire(request: LeaseRequest): Promise<Lease>;
  /** Who holds it at this moment. Changes nothing. Throws `lease.unavailable`. */
  look(name: LeaseName): Promise<LeaseLook>;
  /**
   * Ends it also while another run holds it: the epoch is raised, so that this run, if it still goes on, changes nothing more. Throws `lease.unavailable`.
   */
  seize(name: LeaseName, by: LeaseOwner): Promise<LeaseLook>;
}

/** What a lease is of. */
export interface LeaseName {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
  /** All listed hosts of the group, whatever `--limit`. */
  readonly hosts: readonly Host[];
}

export interface LeaseLook {
  /** Absent when it is free: released, run out, or never taken. */
  readonly holder?: LeaseHolder;
  /** The newest epoch; 0 when it was never taken. */
  readonly epoch: number;
}

/** Who holds a lease, as the store tells. */
export interface LeaseHolder extends LeaseOwner {
  readonly heldFor: Milliseconds;
  /** Until it runs out, unless it is renewed before. */
  readonly expiresIn: Milliseconds;
}

export interface LeaseRequest extends LeaseName {
  readonly owner: LeaseOwner;
  /** How long it lives without being renewed. */
  readonly duration: Milliseconds;
  /** The epoch under which this run had it: it is refused with `lease.lost` when another run had it since, where the store can tell. */
  readonly since?: number;
  /** Listed hosts that a person leaves out of the run, since they cannot be reached. */
  readonly leftOut?: readonly HostId[];
  /** The epoch that it gets must be above this. */
  readonly above?: number;
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
  /** The lease as hosts know it: their fence goes by it. A file name. */
  readonly name: string;
  /** Rises with every taking, and never falls. */
  readonly epoch: number;
  /** True when its store made sure that no other run had it since the request's `since`. */
  readonly unbroken?: boolean;
  /** Throws `lease.lost`. */
  renew(): Promise<void>;
  /**
   * Makes it one of the group as it is listed now, with hosts that joined: a majority of these has it then too, under the same epoch. Throws
   * `lease.held`, `lease.unavailable`; then it is what it was. Absent where leases are not kept on the hosts.
   */
  extend?(hosts: readonly Host[]): Promise<void>;
  /**
   * Renews it so that its deadline is not before so long from now, whatever becomes of later renewals: hosts that it is kept on will be away
   * meanwhile. Throws as `renew`. Absent where leases are not kept on the hosts.
   */
  outlive?(length: Milliseconds): Promise<void>;
  /** Never throws: a lease that cannot be released runs out by itself. */
  release(): Promise<void>;
}
