import type { Host } from '../model/host.js';
import type { ContainerId } from '../model/ids.js';

/** What the containers of the fleet print. */
export interface ContainerLogs {
  /** Nothing is connected until the first call. */
  on(host: Host): LogsOfHost;
}

/** The logs of one host. Every call may throw the transport's errors (host lost), `docker.unreachable` and `docker.api`. */
export interface LogsOfHost {
  /** The containers with all of these labels, stopped ones too. */
  containers(labels: Readonly<Record<string, string>>): Promise<readonly LoggedContainer[]>;
  /**
   * The lines as the Engine gives them, some at a time; the first time, which may be without lines, when it has answered. No more is read
   * than is asked for. It ends with the log; with `follow`, when the container has ended. Throws when it breaks off, and the signal's reason.
   */
  read(container: ContainerId, query: LogQuery, signal: AbortSignal): AsyncIterable<readonly LogLine[]>;
}

export interface LoggedContainer {
  readonly id: ContainerId;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly running: boolean;
  /** By its host's clock; both absent of one that never ran, `finishedAt` of one that runs. */
  readonly startedAt?: LogTime;
  readonly finishedAt?: LogTime;
}

export interface LogQuery {
  /** Only lines of then and later. */
  readonly since?: LogTime;
  /** Lines from the end; all when absent. */
  readonly tail?: number;
  /** Go on with what it prints from now on. */
  readonly follow?: boolean;
}

/** A time in UTC with nine digits behind the point, `2026-01-31T12:00:00.000000000Z`: texts compare as the times do. */
export type LogTime = string;

export interface LogLine {
  readonly at: LogTime;
  readonly stream: 'stdout' | 'stderr';
  /** Without its end. */
  readonly text: string;
  /** How many bytes were cut from its end; absent when it is whole. */
  readonly cut?: number;
}
