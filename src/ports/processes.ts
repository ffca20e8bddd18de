import type { ProcessRecord } from '../model/run-record.js';

/** The processes of this machine. */
export interface Processes {
  readonly self: ProcessRecord;
  /** Whether that process has ended; undefined when it ran elsewhere, or the system does not tell. */
  hasEnded(process: ProcessRecord): boolean | undefined;
}
