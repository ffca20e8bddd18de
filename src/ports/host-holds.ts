import type { EpochMilliseconds } from '../model/duration.js';
import type { Hold } from '../model/hold.js';
import type { Host } from '../model/host.js';
import type { EnvironmentName, HoldId, RunId } from '../model/ids.js';
import type { GroupRecord } from '../model/run-record.js';

/**
 * The holds on a host, kept on that host: so another machine can recover a run whose journal is gone. Only those that may change the
 * host's containers can write them.
 *
 * A hold is in the journal before it is here, and here before anything is taken away. It is removed from here before the journal says that
 * it is settled, except for `replaced`, which the journal says first. Recovery decides what a hold found here means (see plan/claims.ts).
 */
export interface HostHolds {
  on(host: Host): HoldsOfHost;
}

/** Every call may throw the transport's errors (host lost) or `docker.api`. */
export interface HoldsOfHost {
  /** On the host's disk when it resolves. Keeping it twice is no error. */
  keep(held: HeldOnHost): Promise<void>;
  /** One that is not there is no error. */
  forget(run: RunId, hold: HoldId): Promise<void>;
  /** Of all runs, environments and groups. What cannot be read is left out. */
  list(): Promise<readonly HeldOnHost[]>;
}

/** A hold with what restoring needs besides it. */
export interface HeldOnHost {
  readonly run: RunId;
  readonly verb: string;
  readonly environment: EnvironmentName;
  readonly owner: { readonly who: string; readonly link?: string };
  readonly at: EpochMilliseconds;
  /** Absent in a run that is not about a group. */
  readonly group?: GroupRecord;
  readonly hold: Hold;
}
