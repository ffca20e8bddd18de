import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import type { RunId } from '../model/ids.js';
import type { Place } from '../model/source.js';
import { AdfError } from './adf-error.js';
import { enumerate } from './nearest.js';

const refused = (code: string, message: string, hint?: string): AdfError =>
  new AdfError({ code: `ad_hoc.${code}`, class: 'refused', message, ...defined({ hint }) });

/** Every play of a playbook has hosts, and none of them is among those that the flags leave. */
export function nothingToPlay(limit: string | undefined, group: string | undefined): AdfError {
  return refused(
    'no_hosts',
    `No play of the playbook has a host that ${flagsOf(limit, group)} leaves.`,
    'Compare the patterns after hosts: with --limit and --group. --list-hosts shows the hosts of each play.',
  );
}

const flagsOf = (limit: string | undefined, group: string | undefined): string =>
  [
    ...(group === undefined ? [] : [`--group ${group}`]),
    ...(limit === undefined ? [] : [`--limit ${limit}`]),
  ].join(' and ') || 'the inventory';

/** Which target groups and containers are the host's is not known. */
export const severalGroups = (host: Host, groups: readonly string[]): AdfError =>
  refused(
    'several_groups',
    `${describeHost(host)} is in the groups ${enumerate(groups)}, and the playbook needs to know one: it is not known whose target groups and containers are meant.`,
    'Say it with --group.',
  );

/** Of several groups in one play, each with a floor of its own. `floors` are `min_healthy` by the names of the groups. */
export const floorsDiffer = (play: string, floors: ReadonlyMap<string, string>, at: Place): AdfError =>
  new AdfError({
    code: 'ad_hoc.floors_differ',
    class: 'invalid',
    message: `The play "${play}" takes hosts of several groups out of service, and these differ in min_healthy: ${enumerate([...floors].map(([group, floor]) => `${group} has ${floor}`))}.`,
    at,
    hint: 'Write min_healthy in the play, or give each group a play of its own.',
  });

/** Between the first look and the leases another run came and died. */
export const interruptedMeanwhile = (run: RunId): AdfError =>
  refused(
    'interrupted_meanwhile',
    `Run ${run} began and was interrupted after this one had looked for interrupted runs. Nothing was changed.`,
    'Run the playbook again: what that run still holds is restored first.',
  );

/** A task added a host that the flags do not mean. */
export const leftOutByFlags = (limit: string | undefined, group: string | undefined): string =>
  `add_host added it, and ${flagsOf(limit, group)} leaves it out of all plays.`;

/** `--limit @retry` where no host failed, or nothing is known of a last run. */
export const nothingToRetry = (environment: string, isKnown: boolean): AdfError =>
  refused(
    'nothing_to_retry',
    isKnown
      ? `No host failed in the last playbook of "${environment}": there is nothing to retry.`
      : `This machine knows of no playbook that was run in "${environment}": there is nothing to retry.`,
    'Name the hosts with --limit, or leave it out for all.',
  );

/** `--step` asks a person before each task. */
export const nobodyToAsk = (): AdfError =>
  new AdfError({
    code: 'ad_hoc.nobody_to_ask',
    class: 'invalid',
    message: '--step asks before each task, and there is no terminal to ask on.',
    hint: 'Leave it out, or run it on a terminal. --list-tasks shows the tasks, and --start-at-task begins at one.',
  });
