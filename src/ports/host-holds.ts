import type { HeldOnHost } from '../model/holds/held-on-host.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { EnvironmentName, GroupName, HoldId, RunId } from '../model/ids.js';
import type { JobOnHost } from '../model/job-on-host.js';
import type { ConfirmedRelease } from '../model/release.js';
import type { Secret } from '../model/secret.js';

/** Under which epoch of which lease a run changes hosts. */
export interface FencePass {
  /** The lease as hosts know it, such as `prod.api`. A file name. */
  readonly lease: string;
  readonly epoch: number;
  /** The lease's owner. */
  readonly run: string;
}

/** Each host that a run changes knows the newest epoch that it met, and refuses an older one: a run that lost its lease while it slept changes nothing. */
export interface Fence {
  /**
   * Asked right before each change. The host remembers the epoch when it is newer than what it knew. Throws `lease.fenced` when the host met a
   * newer epoch, or another run under the same, `lease.fence_silent` when it cannot tell; and the transport's errors.
   */
  admit(host: Host, pass: FencePass, signal?: AbortSignal): Promise<void>;
}

/** The group that something is kept for. */
export interface ConfirmedGroup {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
}

/** Kept on each host, one for each group: the latest run that found the host as it wanted it. Both throw the transport's errors. */
export interface Confirmations {
  /** Undefined when there is none, or none that can be read. */
  read(host: Host, of: ConfirmedGroup): Promise<ConfirmedRelease | undefined>;
  /** Takes the place of the one before. Throws `confirmation.write` when the host cannot keep it. */
  write(host: Host, of: ConfirmedGroup, confirmed: ConfirmedRelease): Promise<void>;
}

/**
 * The key that a group's secrets are hashed with, one for each group, kept on each of its hosts: so that two agents agree. `read` and `write`
 * throw the transport's errors.
 */
export interface GroupKeys {
  /** A new one, of real randomness: 64 hexadecimal digits. */
  make(): Secret;
  /** Undefined when the host has none. Throws `group_key.unreadable` when it has one that only another user may read. */
  read(host: Host, of: ConfirmedGroup): Promise<Secret | undefined>;
  /** Takes the place of the one before. Throws `group_key.write` when the host cannot keep it. */
  write(host: Host, of: ConfirmedGroup, key: Secret): Promise<void>;
}

/**
 * The holds on a host, kept on that host: so another machine can recover a run whose journal is gone. Only those that may change the
 * host can write them.
 *
 * A hold is in the journal before it is here, and here before anything is taken away. It is removed from here before the journal says that
 * it is settled, except for `replaced`, which the journal says first. Recovery decides what a hold found here means (see plan/claims.ts).
 */
export interface HostHolds {
  on(host: Host): NotesOfHost;
}

/** Where a host keeps holds, as one of several. */
export interface HoldKeepers {
  on(host: Host): HoldsOfHost;
}

/** All that a host tells of the runs that change it. */
export interface NotesOfHost extends HoldsOfHost {
  /**
   * What is held of it, as `list`, and which jobs run on it. With `engineWithin` its Docker Engine is given up that long after the host itself has
   * answered, and what it keeps is left out.
   */
  look(options?: { readonly engineWithin?: Milliseconds }): Promise<HostNotes>;
}

/** How a host is asked which jobs run on it: an sh script, and what stands before each line that tells of one. */
export interface RunningJobs {
  readonly script: string;
  readonly mark: string;
}

export interface HostNotes {
  readonly held: readonly HeldOnHost[];
  readonly jobs: readonly JobOnHost[];
  /** Its Docker Engine was given up. */
  readonly engineIsSilent?: boolean;
}

/** Every call may throw the transport's errors (host lost), `docker.api` or `hold.not_kept`. */
export interface HoldsOfHost {
  /** On the host's disk when it resolves. Keeping it twice is no error. */
  keep(held: HeldOnHost): Promise<void>;
  /** One that is not there is no error. */
  forget(run: RunId, hold: HoldId): Promise<void>;
  /** Of all runs, environments and groups. What cannot be read is left out. */
  list(): Promise<readonly HeldOnHost[]>;
}
