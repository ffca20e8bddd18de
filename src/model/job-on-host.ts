import type { EpochMilliseconds, Milliseconds } from './duration.js';
import {
  environmentName,
  groupName,
  runId,
  type EnvironmentName,
  type GroupName,
  type RunId,
} from './ids.js';

/** What a host keeps of a job besides its record, so that other machines know whose it is. */
interface JobNote {
  readonly environment: EnvironmentName;
  /** The groups whose leases its run has for this host. */
  readonly groups: readonly GroupName[];
  readonly verb: string;
  readonly who: string;
}

/** A job that runs, as its host tells. */
export interface JobOnHost extends JobNote {
  readonly run: RunId;
  /** Of its step. */
  readonly id: string;
  /** By the host's clock. */
  readonly startedAt: EpochMilliseconds;
  /** How long it may still run, by the host's clock. Below 0 where the host should have ended it. */
  readonly left: Milliseconds;
}

/** One line of words, none of which holds a blank, a line break or a sign that some login shell reads between quotes. */
export const jobNote = ({ environment, verb, who, groups }: JobNote): string =>
  [environment, verb, who, ...groups].map(encoded).join(' ');

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);

/** Of `RUN STEP NOW STARTED LIMIT NOTE`, the times in seconds; undefined for what is no such line. */
export function readJob(line: string): JobOnHost | undefined {
  const [run = '', id = '', ...rest] = line.split(' ');
  const [now = NaN, started = NaN, limit = NaN] = rest.splice(0, 3).map((text) => Number(text) * 1_000);
  try {
    const [environment, verb, who, ...groups] = rest.map((word) => decodeURIComponent(word));
    if (environment === undefined || verb === undefined || who === undefined || !(limit > 0))
      return undefined;
    const left = limit - (now - started);
    if (Number.isNaN(left)) return undefined;
    return {
      run: runId(run),
      id,
      environment: environmentName(environment),
      verb,
      who,
      groups: groups.map(groupName),
      startedAt: started,
      left,
    };
  } catch {
    return undefined;
  }
}
