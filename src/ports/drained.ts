import type { DrainedHost } from '../model/drained-hosts.js';
import type { Host } from '../model/host.js';
import type { RunId } from '../model/ids.js';
import type { LedgerOf } from './ledger.js';

/** The group whose drained hosts are meant. */
export interface DrainedOf extends LedgerOf {
  /** All its listed hosts. */
  readonly hosts: readonly Host[];
}

/** What is known of the drained hosts of a group. */
export interface KnownDrained {
  readonly drained: readonly DrainedHost[];
  /** What could not be read, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Which hosts people keep out of service: on record on all hosts of their group, so that it is known of one that is switched off, and in the
 * table of the team.
 */
export interface DrainedRecords {
  /** Never throws. */
  read(of: DrainedOf): Promise<KnownDrained>;
  /**
   * Writes down that a host is drained, or (`back`) that it is not any more. To be called under the lease of the group. Gives what went wrong in
   * some of the places. Throws `drain.not_recorded` when no host of the group and no table took it.
   */
  change(of: DrainedOf, change: DrainedChange): Promise<readonly string[]>;
}

export type DrainedChange =
  { readonly drained: DrainedHost } | { readonly back: { readonly host: Host['id']; readonly run: RunId } };
