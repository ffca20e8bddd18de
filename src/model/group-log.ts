import type { LogLine } from '../ports/container-logs.js';
import type { ResultError } from './run-result.js';

/** A line that a container of a group printed. */
export interface GroupLogLine extends LogLine {
  /** The id of the host. */
  readonly host: string;
  /** The host's name. */
  readonly name: string;
  /** The name that the container runs under. */
  readonly container: string;
  /** The version of its release; absent when the container has no label for it. */
  readonly release?: string;
}

/** How the reading of logs ended. */
export interface LogsEnd {
  /** Hosts that were not read, or not to their end. */
  readonly unread: readonly { readonly host: string; readonly name: string; readonly error: ResultError }[];
  /** How many containers were found at the beginning. */
  readonly containers: number;
}
