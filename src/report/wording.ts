import type { Event, EventHost, Phase } from '../events/event.js';
import { defined } from '../model/defined.js';
import { formatDuration } from '../model/duration.js';
import type { EnvironmentComparison, SettingDifference } from '../model/promotion.js';
import { countHosts, foldHosts } from './host-ranges.js';
import { clockTime } from './lines.js';

/** How a line should strike the reader. */
export type Tone = 'plain' | 'heading' | 'good' | 'changed' | 'warning' | 'bad' | 'alarm' | 'quiet';

/** What a reader of lines says about an event. */
export interface Sentence {
  readonly tone: Tone;
  readonly host?: EventHost;
  /** A task status or another one word that stands in a column of its own. */
  readonly status?: string;
  readonly text: string;
  /** Lines below: hints, output, diffs. */
  readonly details?: readonly string[];
  /** Shown only when asked for more: 0 always, 1 with -v. */
  readonly verbosity: 0 | 1;
}

const phases: Readonly<Record<Phase, string>> = {
  inventory: 'Listing the hosts',
  release: 'Resolving the release',
  recovery: 'Looking for interrupted runs',
  preflight: 'Checking every host',
  lease: 'Taking the lease',
  audit: 'Auditing',
  prune: 'Pruning old releases',
};

export const phaseName = (phase: Phase): string => phases[phase];

/** For these events readers have a view of their own. */
type Viewed = 'plan.made' | 'run.ended' | 'task.ended' | 'task.progress' | 'task.output';

/** Each event in one sentence. */
export function describe(event: Exclude<Event, { type: Viewed }>): Sentence {
  switch (event.type) {
    case 'run.started':
      return heading(
        `adfpush ${[event.verb, event.playbook ?? event.groups.join(', ')].filter((word) => word !== '').join(' ')} in ${event.environment}, run ${event.run}`,
      );
    case 'phase.started':
      return plain(`${phases[event.phase]}${event.detail === undefined ? '' : `: ${event.detail}`}`, 1);
    case 'phase.ended':
      return plain(
        `${phases[event.phase]}: ${event.detail ?? 'done'} (${formatDuration(event.duration)})`,
        // What is found is told; that nothing was is of interest to few.
        event.phase === 'recovery' ? 1 : 0,
      );
    case 'host.connected':
      return onHost(event.host, 'connected', `in ${formatDuration(event.duration)}`, 'quiet', 1);
    case 'host_key.recorded':
      return onHost(
        event.host,
        'new key',
        `${event.keyType} ${event.fingerprint}, ${believed[event.source]}, is its key from now on: ${event.file}`,
        'warning',
        0,
      );
    case 'promotion.compared':
      return describeComparison(event.comparison);
    case 'release.recorded':
      return plain(
        `Release r${event.number} of ${event.group}: ${event.version}${event.parent === undefined ? '' : `, after r${event.parent}`}`,
        0,
      );
    case 'recovery.found':
      return describeFound(event);
    case 'recovery.ended':
      return describeRecovered(event);
    case 'warning':
      return {
        tone: 'warning',
        text: `Warning: ${event.task === undefined ? '' : `${event.task.name}: `}${event.message}`,
        verbosity: 0,
        ...defined({ host: event.host }),
      };
    case 'blip':
      return {
        tone: 'warning',
        text: `Warning: out of reach for ${formatDuration(event.duration)}, and back: ${event.reason}`,
        verbosity: 0,
        ...defined({ host: event.host }),
      };
    case 'blip.waiting':
      return {
        tone: 'warning',
        text: `Waiting until ${clockTime(event.until)} at the latest: ${event.reason}`,
        verbosity: 0,
        ...defined({ host: event.host }),
      };
    case 'play.started':
      return heading(`Play "${event.play}" on ${countHosts(event.hosts.length)}`);
    case 'batch.started':
      return heading(
        `Batch ${event.batch} of ${event.of}: ${countHosts(event.hosts.length)}, ${fold(event.hosts)}`,
      );
    case 'batch.waiting':
      return { tone: 'warning', text: `Batch ${event.batch} waits: ${event.reason}`, verbosity: 0 };
    case 'bake.started':
      return plain(`Batch ${event.batch} bakes for ${formatDuration(event.duration)}`, 0);
    case 'bake.ended':
      return event.passed
        ? plain(`Batch ${event.batch} baked`, 1)
        : bad(`Batch ${event.batch} did not pass its bake: ${event.reason ?? 'no reason given'}`);
    case 'batch.ended':
      return event.failed.length === 0
        ? { tone: 'good', text: `Batch ${event.batch} done`, verbosity: 0 }
        : bad(
            `Batch ${event.batch} ended with ${countHosts(event.failed.length)} failed: ${fold(event.failed)}`,
          );
    case 'turn.started':
      return onHost(event.host, 'begins', `its turn in batch ${event.batch}`, 'quiet', 1);
    case 'turn.ended':
      return onHost(
        event.host,
        event.status === 'ok' ? 'done' : event.status,
        `its turn took ${formatDuration(event.duration)}`,
        event.status === 'ok' ? 'good' : event.status === 'restored' ? 'warning' : 'bad',
        0,
      );
    case 'task.started':
      return onHost(event.host, 'begins', event.task.name, 'quiet', 1);
    case 'task.retrying':
      return onHost(
        event.host,
        'retrying',
        `${event.task.name}: attempt ${event.attempt} of ${event.of}: ${event.reason}`,
        'warning',
        0,
      );
    case 'play.ended':
      return plain(`Play "${event.play}" ended`, 1);
    case 'hold.opened':
      return onHost(event.host, 'holds', event.what, 'quiet', 1);
    case 'hold.settled':
      return event.as === 'named'
        ? onHost(event.host, 'named', event.what, 'bad', 0)
        : onHost(event.host, event.as, event.what, 'quiet', 1);
    case 'scaling.suspended':
      return plain(
        `${scalingGroup(event)} replaces no host from now on: ${event.processes.join(', ')} suspended`,
        0,
      );
    case 'scaling.settled':
      return event.as === 'named'
        ? bad(`${scalingGroup(event)} keeps ${event.processes.join(', ')} suspended`)
        : plain(`${scalingGroup(event)} is as it was before the run`, 0);
    case 'restore.started':
      return onHost(
        event.host,
        'restoring',
        event.steps.length === 1 ? 'in one step' : `in ${event.steps.length} steps`,
        'warning',
        0,
      );
    case 'restore.step':
      return onHost(event.host, 'restoring', event.step, 'warning', 0);
    case 'restore.ended':
      return event.restored
        ? onHost(event.host, 'restored', 'it is as it was before', 'good', 0)
        : {
            ...onHost(event.host, 'lost', event.error?.message ?? 'could not be restored', 'alarm', 0),
            ...(event.error?.hint === undefined ? {} : { details: [event.error.hint] }),
          };
    case 'rollback.started':
      return {
        tone: 'warning',
        text: `Rolling back ${countHosts(event.hosts.length)} (${fold(event.hosts)}): ${event.reason}`,
        verbosity: 0,
      };
    case 'rollback.ended':
      return event.left.length === 0
        ? {
            tone: 'good',
            text: `Rolled back ${countHosts(event.restored.length)}`,
            verbosity: 0,
          }
        : bad(
            `Rolled back ${countHosts(event.restored.length)}; left on the new release: ${fold(event.left)}`,
          );
    case 'signal.received':
      return {
        tone: 'alarm',
        text: event.second
          ? `${event.signal} again: exiting now`
          : `${event.signal}: no new turns; restoring what is held. Once more exits at once`,
        verbosity: 0,
      };
    case 'host.named':
      return {
        ...onHost(event.host, 'named', `needs a person: ${event.reason}`, 'alarm', 0),
        details: event.held.map((held) => `held: ${held}`),
      };
  }
}

const secretWords: Readonly<Record<NonNullable<SettingDifference['secret']>, string>> = {
  different: 'another value',
  only_from: 'not used here',
  only_to: 'used here only',
};

function describeComparison({ group, from, to, version, differences }: EnvironmentComparison): Sentence {
  const before = version.to === undefined ? '' : `, in place of ${version.to}`;
  const lines = differences.map(({ key, from: there = '(none)', to: here = '(none)', secret }) =>
    secret === undefined
      ? `${key}: ${there} in ${from}, ${here} in ${to}`
      : `secret ${key}: ${secretWords[secret]}`,
  );
  return {
    tone: 'heading',
    text: `${group} from ${from} to ${to}: ${version.from}${before}. ${
      lines.length === 0
        ? 'The settings of both are the same'
        : lines.length === 1
          ? '1 setting differs'
          : `${lines.length} settings differ`
    }`,
    details: lines,
    verbosity: 0,
  };
}

function describeFound(event: Extract<Event, { type: 'recovery.found' }>): Sentence {
  const { run, verb, groups, who, link, since, held, recovering } = event;
  const by = link === undefined ? who : `${who}, ${link}`;
  const began = new Date(since).toISOString().replace(/\.\d+Z$/, 'Z');
  const holds = held.length === 0 ? 'and holds nothing' : `and still holds ${countHosts(held.length)}`;
  return {
    tone: 'warning',
    text: `Run ${run} (${verb} ${groups.join(', ')} by ${by}, begun ${began}) was interrupted ${holds}${recovering ? ': recovering it first' : '; a deploy recovers it first'}`,
    details: held.map(({ host, what }) => `${host.name}: ${what.join(', ')}`),
    verbosity: 0,
  };
}

function describeRecovered(event: Extract<Event, { type: 'recovery.ended' }>): Sentence {
  const { run, restored, named } = event;
  if (named.length > 0) return bad(`Run ${run} is not recovered: ${fold(named)} could not be restored`);
  const hosts = restored.length === 0 ? 'it held nothing' : `restored ${countHosts(restored.length)}`;
  return { tone: 'good', text: `Run ${run} is recovered: ${hosts}`, verbosity: 0 };
}

type TaskEnded = Extract<Event, { type: 'task.ended' }>;

export interface DetailOptions {
  /** Show what each command printed; a failed task's output is shown in any case. */
  readonly output: boolean;
  readonly diff: boolean;
}

/** The end of a task: its name, what was changed or went wrong, how long it took. */
export function describeTask(event: TaskEnded, { output, diff }: DetailOptions): Sentence {
  const { host, task, status, message, error, excused, duration } = event;
  const failed = status === 'failed' || status === 'unreachable';
  const said = error?.message ?? message;
  return {
    tone: failed ? (excused !== undefined ? 'warning' : 'bad') : toneOf[status],
    host,
    status: excused ?? status,
    text: `${task.name}${said === undefined || said === '' ? '' : `: ${said}`}${tookOf(duration)}`,
    details: [
      ...(error?.hint === undefined ? [] : [error.hint]),
      ...(diff ? linesOf(event.diff) : []),
      ...(output || (failed && excused === undefined) ? linesOf(event.output) : []),
    ],
    verbosity: status === 'skipped' ? 1 : 0,
  };
}

const toneOf = {
  ok: 'plain',
  changed: 'changed',
  skipped: 'quiet',
  restored: 'warning',
} as const;

/** Only what took long enough to be of interest. */
const tookOf = (duration: number): string => (duration < 1_000 ? '' : ` (${formatDuration(duration)})`);

export const linesOf = (text: string | undefined): readonly string[] =>
  text === undefined || text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);

const fold = (hosts: readonly EventHost[]): string => foldHosts(hosts.map(({ name }) => name));

const heading = (text: string): Sentence => ({ tone: 'heading', text, verbosity: 0 });
const plain = (text: string, verbosity: 0 | 1): Sentence => ({ tone: 'plain', text, verbosity });
const scalingGroup = ({
  scalingGroup: name,
  region,
}: {
  readonly scalingGroup: string;
  readonly region: string;
}): string => `The Auto Scaling group ${name} (${region})`;
const bad = (text: string): Sentence => ({ tone: 'bad', text, verbosity: 0 });
const believed: Readonly<Record<'accept-new' | 'console', string>> = {
  'accept-new': 'the first that was seen of it',
  console: 'which its console shows',
};

const onHost = (host: EventHost, status: string, text: string, tone: Tone, verbosity: 0 | 1): Sentence => ({
  tone,
  host,
  status,
  text,
  verbosity,
});
