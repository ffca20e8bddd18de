import type { RunId } from '../model/ids.js';
import type { ProcessRecord, RunRecord } from '../model/run-record.js';
import { AdfError } from './adf-error.js';

/** Why an interrupted run is not gone on with. Nothing was changed. */
const refused = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `resume.${code}`, class: 'refused', message, hint });

const what = ({ verb, groups, environment }: RunRecord): string =>
  `${verb} of ${groups.map(({ name }) => name).join(', ')} in ${environment}`;

const deployAgain = 'Deploy again: what is converged is skipped, and what is still held is restored first.';

export const nothingToResume = (environment: string | undefined): AdfError =>
  refused(
    'nothing',
    `There is no interrupted run${environment === undefined ? '' : ` of "${environment}"`} in the journals of this machine.`,
    'A run of another machine is resumed there; or deploy again: what is converged is skipped.',
  );

export const runUnknown = (run: string): AdfError =>
  refused(
    'unknown_run',
    `There is no run "${run}" in the journals of this machine.`,
    'Give a run as its first line names it, or the beginning of that; without one the newest interrupted run is resumed.',
  );

export const runAmbiguous = (run: string, found: readonly RunId[]): AdfError =>
  refused(
    'ambiguous_run',
    `"${run}" begins the names of several runs: ${found.slice(0, 5).join(', ')}${found.length > 5 ? ' …' : ''}.`,
    'Give more of it.',
  );

export const rolledNothing = (run: RunId): AdfError =>
  refused('not_a_roll', `Run ${run} rolled no release.`, 'Only a deploy or a rollback can be resumed.');

export const endedByItself = (record: RunRecord, exit: number): AdfError =>
  refused(
    'ended',
    `Run ${record.run} (${what(record)}) was not interrupted: it failed by itself, with exit code ${exit}.`,
    'Mend what it failed with, and deploy again.',
  );

export const stillRuns = (record: RunRecord, { pid, machine }: ProcessRecord): AdfError =>
  refused(
    'still_runs',
    `Run ${record.run} (${what(record)}) is still under way: process ${pid} on ${machine}.`,
    'Wait for it, or end it: one SIGTERM lets it restore what it holds.',
  );

export const rolledSince = (record: RunRecord, later: RunRecord): AdfError =>
  refused(
    'rolled_since',
    `After run ${record.run} (${what(record)}) run ${later.run} (${what(later)}) rolled something else.`,
    'To have the older release again, use rollback --to.',
  );

/** Its hosts tell of the later run, which was made elsewhere. */
export const rolledSinceElsewhere = (run: RunId, later: string, group: string, host: string): AdfError =>
  refused(
    'rolled_since',
    `After run ${run} run ${later} rolled "${group}", as the containers of ${host} tell.`,
    'Deploy what the group should have; to have the older release again, use rollback --to.',
  );

export const otherEnvironment = (record: RunRecord, environment: string): AdfError =>
  refused(
    'environment',
    `Run ${record.run} was a ${what(record)}, not in "${environment}".`,
    `Leave --env out, or give --env ${record.environment}.`,
  );

export const askedUnknown = (record: RunRecord): AdfError =>
  refused(
    'unknown_project',
    `The journal of run ${record.run} does not tell which project it was for.`,
    deployAgain,
  );

/** `changes` are sentences without their end, `playbooks/deploy.yml was changed`. */
export const projectChanged = (record: RunRecord, changes: readonly string[]): AdfError =>
  refused(
    'project_changed',
    `The project is not any more as run ${record.run} found it:\n${changes.map((change) => `  ${change}`).join('\n')}`,
    `Bring it back to what it was; or deploy again: hosts on the same release and settings are skipped.`,
  );

export const extraVarsDiffer = (record: RunRecord, wereGiven: boolean): AdfError =>
  refused(
    'extra_vars',
    wereGiven
      ? `Run ${record.run} was given --extra-vars, and not these.`
      : `Run ${record.run} was given no --extra-vars.`,
    wereGiven
      ? 'Give the same again: their values are recorded nowhere, for secrets among them.'
      : 'Leave them out; or deploy again.',
  );

/** `names` are the secrets that the run fetched: one of them is another now, which one is not known. */
export const secretsDiffer = (record: RunRecord, names: readonly string[]): AdfError =>
  refused(
    'secrets',
    names.length === 1
      ? `The secret "${names[0]}" is not what it was in run ${record.run}.`
      : `One of the secrets of run ${record.run} is not what it was: ${names.join(', ')}.`,
    'Resuming would leave hosts with the old and with the new. Deploy again: that rolls all of them.',
  );

export const hostsGone = (record: RunRecord, group: string): AdfError =>
  refused(
    'hosts_gone',
    `None of the hosts that run ${record.run} was to roll is in "${group}" any more.`,
    'Deploy again, over the hosts that are there now.',
  );
