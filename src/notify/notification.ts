import { formatDuration, type Milliseconds } from '../model/duration.js';
import type { PinnedImage } from '../model/release.js';
import type { RunResult } from '../model/run-result.js';

export type Moment = 'start' | 'success' | 'failure' | 'rollback';

/** One release that is rolled. */
export interface NotifiedRelease {
  readonly group: string;
  readonly version: string;
  /** `41` of `r41`; absent where it has no record. */
  readonly number?: number;
  readonly image?: PinnedImage;
}

/** What is told of a run. Secrets are taken out already. */
export interface Notification {
  readonly moment: Moment;
  readonly run: string;
  readonly verb: string;
  readonly environment: string;
  readonly groups: readonly string[];
  readonly releases: readonly NotifiedRelease[];
  readonly who: string;
  /** The page of the build. */
  readonly link?: string;
  /** Absent at the start, and of a run that was ended by an error before it had a result. */
  readonly result?: RunResult;
  /** Why it did not end well, a sentence each; empty otherwise. */
  readonly errors: readonly string[];
}

/** Somewhere a run is told to. */
export interface Channel {
  /** For people: `Slack #deploys`. */
  readonly name: string;
  readonly on: readonly Moment[];
  /** Throws Error with the reason when it was not delivered. */
  tell(notification: Notification, signal: AbortSignal): Promise<void>;
}

const words: Readonly<Record<Moment, string>> = {
  start: 'begins',
  success: 'succeeded',
  failure: 'failed',
  rollback: 'failed and was rolled back',
};

/** `deploy of api v41 in prod failed and was rolled back` */
export const titleOf = ({ moment, verb, environment, groups, releases }: Notification): string => {
  const what = groups.map((group) => {
    const release = releases.find((one) => one.group === group);
    return release === undefined ? group : `${group} ${release.version}`;
  });
  return `${verb} of ${what.join(', ')} in ${environment} ${words[moment]}`;
};

/** What people want to know besides, a line each. */
export function detailsOf({ who, run, result, errors, releases }: Notification): readonly string[] {
  const numbered = releases.flatMap(({ group, number }) =>
    number === undefined ? [] : [`${group} r${number}`],
  );
  return [
    `by ${who}, run ${run}${numbered.length === 0 ? '' : `, ${numbered.join(', ')}`}`,
    ...(result === undefined ? [] : [`${countsOf(result)}, ${tookOf(result.duration)}`]),
    ...errors,
    ...(result?.named ?? []).map(
      ({ name, held, reason }) => `${name} needs a person: ${reason} Held: ${held.join(', ')}`,
    ),
  ];
}

const tookOf = (duration: Milliseconds): string => `after ${formatDuration(duration)}`;

/** `3 hosts deployed, 1 restored` */
function countsOf({ hosts }: RunResult): string {
  const byStatus = Map.groupBy(hosts, ({ status }) => status);
  const parts = [...byStatus].map(([status, same]) => `${same.length} ${status.replace('_', ' ')}`);
  return parts.length === 0 ? 'no host' : `${parts.join(', ')} of ${hosts.length}`;
}

/** Cut to what a service takes; the end says so. */
export const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
