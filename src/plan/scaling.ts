import { groupName, runId, type EnvironmentName, type GroupName, type RunId } from '../model/ids.js';
import type { ScalingGroup } from '../ports/traffic.js';

/**
 * What takes an instance away that is out of rotation. HealthCheck is one of them: an instance that it marks unhealthy meanwhile "never
 * automatically recovers its health", and is replaced as soon as ReplaceUnhealthy is resumed. Source: EC2 Auto Scaling user guide,
 * "Health checks for Auto Scaling instances".
 */
const replacingProcesses: readonly string[] = ['AZRebalance', 'HealthCheck', 'ReplaceUnhealthy'];

/** True when the group asks load balancers how its instances are, and so would replace a drained one. */
export const replacesDrained = ({ healthCheckTypes }: ScalingGroup): boolean =>
  healthCheckTypes.includes('ELB');

/** What one run suspended, as it is written on the Auto Scaling group: for a recovery without the run's journal. */
export interface SuspensionTag {
  readonly key: string;
  readonly run: RunId;
  readonly processes: readonly string[];
}

const keyPrefix = 'adfpush:suspended:';

/**
 * Of its own for each group of hosts, and so guarded by that group's lease: hosts of two groups, which two runs roll at the same time, may
 * be in one Auto Scaling group. No environment has a slash in its name: it is a file's.
 */
export const suspensionKey = (environment: EnvironmentName, group: GroupName): string =>
  `${keyPrefix}${environment}/${group}`;

/** With spaces between: a comma is none of the characters that AWS allows in the tags of all its services. */
export const suspensionValue = (run: RunId, processes: readonly string[]): string =>
  [run, ...processes].join(' ');

/** All that runs wrote on the group. */
export const suspensionsOn = ({ tags }: ScalingGroup): readonly SuspensionTag[] =>
  Object.entries(tags).flatMap(([key, value]) => {
    const [run = '', ...processes] = value.split(' ').filter((word) => word !== '');
    return key.startsWith(keyPrefix) && processes.length > 0 ? [{ key, run: runId(run), processes }] : [];
  });

/** Whose hosts a tag of this environment is about; undefined for another environment's. */
export function groupOfTag({ key }: SuspensionTag, environment: EnvironmentName): GroupName | undefined {
  const start = `${keyPrefix}${environment}/`;
  return key.startsWith(start) ? groupName(key.slice(start.length)) : undefined;
}

/**
 * What a run has to hold suspended under its `key`: what runs now, what an interrupted run left under the same key, and what another group's
 * run suspended, since that one may end first. What others suspended is not ours to resume.
 */
export function processesToSuspend(group: ScalingGroup, key: string): readonly string[] {
  const tags = suspensionsOn(group);
  const running = (process: string): boolean => !group.suspendedProcesses.includes(process);
  const byRuns = new Set(tags.flatMap(({ processes }) => processes));
  const leftBehind = tags.find((tag) => tag.key === key)?.processes.filter((one) => !running(one)) ?? [];
  return [
    ...new Set([...leftBehind, ...replacingProcesses.filter((one) => running(one) || byRuns.has(one))]),
  ].sort();
}

/** What becomes of each process that a run held. */
export interface Resumption {
  readonly resume: readonly string[];
  /** Another group's run needs them suspended. */
  readonly shared: readonly string[];
  /** They run already. */
  readonly running: readonly string[];
}

export function planResumption(processes: readonly string[], key: string, group: ScalingGroup): Resumption {
  const others = suspensionsOn(group).filter((tag) => tag.key !== key);
  const needed = new Set(others.flatMap((tag) => tag.processes));
  const suspended = processes.filter((process) => group.suspendedProcesses.includes(process));
  return {
    resume: suspended.filter((process) => !needed.has(process)),
    shared: suspended.filter((process) => needed.has(process)),
    running: processes.filter((process) => !suspended.includes(process)),
  };
}
