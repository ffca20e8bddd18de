import type { ReleaseRecord } from '../model/release-record.js';
import type { Ledgers } from './ledger.js';

/** Where the releases of an environment are recorded: each twice, when it begins and when it has ended. */
export interface Releases extends Ledgers<ReleaseRecord> {
  /** The commit of the project's folder; undefined where that is no git repository. */
  revision(): Promise<ReleaseRecord['project']>;
}
