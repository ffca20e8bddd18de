import type { RunId } from '../model/ids.js';
import type { JournalRecord } from '../model/journal-record.js';
import type { RunRecord } from '../model/run-record.js';

/** A run that rolled a release, as its journal tells of it. */
export interface RolledRun {
  readonly record: RunRecord;
  /** It was killed, or stopped by a signal, whether or not what it held was restored since. */
  readonly interrupted: boolean;
  /** How it ended by itself; absent when it did not. */
  readonly exit?: number;
}

/** What can be gone on with: a roll of a release. */
const rolls: ReadonlySet<string> = new Set(['deploy', 'rollback', 'promote', 'resume']);
const bySignal: ReadonlySet<number> = new Set([130, 143]);

/** Undefined for what rolled nothing: another verb, or a run that was refused before it began. */
export function rolledRun(records: readonly JournalRecord[]): RolledRun | undefined {
  const started = records.find((record) => record.type === 'run.started');
  if (started === undefined || !rolls.has(started.verb)) return undefined;
  const { at: _at, type: _type, ...record } = started;
  // How a recovery ended says nothing of the run.
  const taken = records.findIndex(({ type }) => type === 'run.recovering');
  const own = taken < 0 ? records : records.slice(0, taken);
  const ended = own.findLast((one) => one.type === 'run.ended');
  return ended === undefined
    ? { record, interrupted: true }
    : { record, interrupted: bySignal.has(ended.exit), exit: ended.exit };
}

/**
 * The newest run that was interrupted and after which nothing else was rolled over its groups; or the one that went on with it and brought
 * it to its end: there is nothing more to do then, and who asks twice is told so. `runs` are the newest first.
 */
export function newestToResume(runs: readonly RolledRun[]): RolledRun | undefined {
  return runs
    .filter((run) => run.interrupted && laterThan(run, runs) === undefined)
    .map((run) => lastOf(run, runs))
    .find((run) => run.interrupted || run.exit === 0);
}

/** The later run, if any, that rolled something over a group of this one, but for those that went on with it. */
export function laterThan(run: RolledRun, runs: readonly RolledRun[]): RolledRun | undefined {
  const { environment, groups } = run.record;
  const names = new Set(groups.map(({ name }) => name));
  return runs
    .slice(0, runs.indexOf(run))
    .find(
      ({ record }) =>
        record.environment === environment &&
        record.groups.some(({ name }) => names.has(name)) &&
        !wentOnWith(record.run, run.record.run, runs),
    );
}

/** The last run that went on with this one, directly or by way of others; or the run itself. */
export function lastOf(run: RolledRun, runs: readonly RolledRun[]): RolledRun {
  return runs.find(({ record }) => wentOnWith(record.run, run.record.run, runs)) ?? run;
}

function wentOnWith(later: RunId, first: RunId, runs: readonly RolledRun[]): boolean {
  const resumes = runs.find(({ record }) => record.run === later)?.record.resumes;
  return resumes !== undefined && (resumes === first || wentOnWith(resumes, first, runs));
}
