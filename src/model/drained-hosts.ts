import type { EpochMilliseconds } from './duration.js';
import type { EnvironmentName, GroupName, HostId, RunId } from './ids.js';

/** A host that a person took out of service, and that stays out until `undrain`. */
export interface DrainedHost {
  readonly host: HostId;
  readonly name: string;
  readonly run: RunId;
  readonly who: string;
  readonly since: EpochMilliseconds;
  /** `--reason`. */
  readonly reason?: string;
}

/** The hosts of a group that are kept out of service, after each change anew; the one with the highest number counts. */
export interface DrainedHosts {
  readonly number: number;
  readonly environment: EnvironmentName;
  readonly group: GroupName;
  /** That made the change. */
  readonly run: RunId;
  readonly at: EpochMilliseconds;
  readonly drained: readonly DrainedHost[];
}

/** `drained by anna@laptop since 2026-11-21 03:15 UTC (disk is being replaced)` */
export function describeDrained({ who, since, reason }: DrainedHost): string {
  const when = new Date(since).toISOString().slice(0, 16).replace('T', ' ');
  return `drained by ${who} since ${when} UTC${reason === undefined ? '' : ` (${reason})`}`;
}
