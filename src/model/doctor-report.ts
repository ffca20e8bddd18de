import type { EpochMilliseconds, Milliseconds } from './duration.js';
import type { EnvironmentName, HostId } from './ids.js';

/**
 * What is looked at on a host, in this order: each needs those before it that lead to a session. `blips` is what did not answer for a while,
 * now or in the last runs.
 */
export const hostChecks = [
  'name',
  'tcp',
  'host_key',
  'authentication',
  'shell',
  'start_up_files',
  'clock',
  'docker',
  'disk',
  'blips',
] as const;
export type HostCheck = (typeof hostChecks)[number];

/** What is looked at once for all hosts. */
export type SharedCheck = 'hosts' | 'account' | 'image' | 'target_groups' | 'own_clock' | 'blips';

export interface Finding<Check extends string = string> {
  readonly check: Check;
  /** A warning is worth a person's look, and keeps nothing from working. */
  readonly status: 'ok' | 'warning' | 'failed' | 'not_checked';
  /** What was seen, or what is wrong. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}

export interface HostDiagnosis {
  readonly host: HostId;
  readonly name: string;
  readonly address: string;
  /** One for each of `hostChecks`, in their order. */
  readonly findings: readonly Finding<HostCheck>[];
  /** How far the host's clock is ahead of this machine's; undefined when it was not read. */
  readonly clockAhead?: Milliseconds;
}

/** What `doctor` found. */
export interface DoctorReport {
  readonly environment: EnvironmentName;
  readonly at: EpochMilliseconds;
  readonly shared: readonly Finding<SharedCheck>[];
  readonly hosts: readonly HostDiagnosis[];
}

/** True when something does not work; warnings do not count. */
export const findsFault = ({ shared, hosts }: DoctorReport): boolean =>
  [...shared, ...hosts.flatMap(({ findings }) => findings)].some(({ status }) => status === 'failed');
