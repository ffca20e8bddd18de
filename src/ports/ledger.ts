import type { Host } from '../model/host.js';
import type { EnvironmentName, GroupName, RunId } from '../model/ids.js';

/** Whose records are meant. */
export interface LedgerOf {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
}

/** What a ledger keeps: records of a group that are numbered from 1. */
export interface LedgerRecord extends LedgerOf {
  readonly number: number;
  readonly run: RunId;
}

/**
 * A place that keeps records of groups: a file on a host, a table. A record may be written again by its own run; nothing is ever taken away.
 * All methods throw what keeps the place from being reached.
 */
export interface Ledger<R extends LedgerRecord> {
  /** For people: `the table releases`, `api-1 (i-1)`. */
  readonly name: string;
  /** The newest `limit` texts that are kept of a group; of one record there may be several. */
  read(of: LedgerOf, limit: number): Promise<Written<R>>;
  /** `taken` when the number belongs to another run already; then nothing was written. */
  write(record: R): Promise<'written' | 'taken'>;
}

export interface Written<R> {
  readonly records: readonly R[];
  /** Texts that are none: torn, or foreign. */
  readonly unreadable: number;
  /** Records of a newer version of adfpush. */
  readonly newer: number;
}

/** The same records in several places: each host of the group, and those that all groups share. Read from all of them. */
export interface Ledgers<R extends LedgerRecord> {
  /** Of one host. */
  on(host: Host): Ledger<R>;
  /** The table of the team, where there is one, which gives the numbers; then what this machine keeps itself. */
  readonly shared: readonly Ledger<R>[];
}
