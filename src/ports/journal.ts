import type { EnvironmentName, RunId } from '../model/ids.js';
import type { JournalRecord } from '../model/journal-record.js';
import type { ProcessRecord } from '../model/run-record.js';

/** The processes of this machine. */
export interface Processes {
  readonly self: ProcessRecord;
  /** Whether that process has ended; undefined when it ran elsewhere, or the system does not tell. */
  hasEnded(process: ProcessRecord): boolean | undefined;
}

/** The write-ahead log of one run. */
export interface Journal {
  /** Resolves when the record is on disk; only then may what it announces be done. Throws `journal.write`. */
  append(record: JournalRecord): Promise<void>;
  close(): Promise<void>;
}

export interface JournalStore {
  create(run: RunId): Promise<Journal>;
  /** Goes on with the journal of an interrupted run; a torn last line is taken off first. Throws `journal.write`, `journal.unreadable`. */
  reopen(run: RunId): Promise<Journal>;
  /** All records of a run, a torn last line left out. */
  read(run: RunId): Promise<readonly JournalRecord[]>;
  /** The last record of a run, without reading all of them; undefined when there is no such journal, or nothing in it. */
  last(run: RunId): Promise<JournalRecord | undefined>;
  /** Newest first. */
  runs(): Promise<readonly RunId[]>;
}

/** Which hosts failed in the last ad-hoc playbook of an environment: what `--limit @retry` means. */
export interface RetryHosts {
  /** Names of hosts; none when the run had no failed one. */
  keep(environment: EnvironmentName, hosts: readonly string[]): Promise<void>;
  /** Undefined where nothing is known of a last run. */
  last(environment: EnvironmentName): Promise<readonly string[] | undefined>;
}

/** The events of runs that change something, kept on this machine to be read again. */
export interface EventLogs {
  /** What cannot be written is left out: a log holds up no run. */
  open(run: RunId): EventLog;
  /** The lines of a run's log; none where there is no log, or none that can be read. */
  read(run: RunId): Promise<readonly string[]>;
  /** The first and the last line, without reading all of it; of a log of one line they are the same. */
  ends(run: RunId): Promise<readonly string[]>;
  /** The runs that have a log, the newest first. */
  runs(): Promise<readonly RunId[]>;
}

export interface EventLog {
  /** `isEnd` of the line that tells how the run ended, which a log that is too long takes as well. */
  write(line: string, isEnd: boolean): void;
  close(): void;
}
