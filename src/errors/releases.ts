import { describeHost, type Host } from '../model/host.js';
import type { ReleaseRecord } from '../model/release-record.js';
import { AdfError } from './adf-error.js';

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Why a release was not found, or not written down. Nothing was changed. */
const refused = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `releases.${code}`, class: 'refused', message, hint });

export const recordsUnreadable = (path: string, cause: unknown): AdfError =>
  refused(
    'unreadable',
    `The records in ${path} cannot be read: ${reasonOf(cause)}.`,
    'Check that this user may read the file.',
  );

export const stateFolderUnwritable = (path: string, cause: unknown): AdfError =>
  refused(
    'unwritable',
    `The record cannot be written to ${path}: ${reasonOf(cause)}.`,
    'Give this user write access to the state folder, or set state: { directory: … } in adfpush.yml.',
  );

/** `name` says of what: `releases`. */
export const recordsOfHostUnreadable = (host: Host, name: string, reason: string): AdfError =>
  new AdfError({
    code: 'releases.unreadable',
    class: 'refused',
    host: describeHost(host),
    message: `The records of ${name} on ${describeHost(host)} cannot be read: ${reason}`,
    hint: 'The login user must be able to read /var/lib/adfpush or /var/tmp/adfpush there.',
  });

export const recordNotKept = (host: Host, name: string, reason: string): AdfError =>
  new AdfError({
    code: 'releases.unwritable',
    class: 'failed',
    host: describeHost(host),
    message: `${describeHost(host)} cannot keep its record of ${name}: ${reason}`,
    hint: 'Make /var/tmp writable on the host for its login user; df -h /var/tmp tells whether it is full.',
  });

/** A place that keeps records did not answer in time. */
export const recordsSilent = (name: string): AdfError =>
  refused(
    'silent',
    `${name} does not answer.`,
    'The other places have the records, too; it gets those of later releases.',
  );

/** `history show`, `history diff`. `releases` are those that there are, the newest first. */
export const noSuchPastRun = (
  named: string,
  environment: string,
  releases: readonly ReleaseRecord[] = [],
): AdfError =>
  refused(
    'unknown',
    `Nothing is on record of "${named}" in "${environment}". ${listed(releases)}`.trimEnd(),
    `Give a run or a release as this lists them: adfpush history --env ${environment}`,
  );

export const runNotUnique = (named: string, found: readonly string[]): AdfError =>
  refused(
    'not_unique',
    `"${named}" begins the names of several runs: ${found.slice(0, 5).join(', ')}${found.length > 5 ? ' …' : ''}.`,
    'Give more of it.',
  );

export const releaseNeedsGroup = (named: string): AdfError =>
  refused('needs_group', `Releases are counted for each group: which "${named}" is meant?`, 'Add --group G.');

/** `rollback --to`. */
export const releaseNotOnRecord = (
  group: string,
  named: string,
  releases: readonly ReleaseRecord[],
): AdfError =>
  refused(
    'not_on_record',
    `Group "${group}" never had a release ${named} on record. ${listed(releases)}`.trimEnd(),
    'Give --to one of those, a version, or the beginning of a digest.',
  );

function listed(releases: readonly ReleaseRecord[]): string {
  if (releases.length === 0) return '';
  const lines = releases.slice(0, 10).map(({ number, version, outcome, startedAt }) => {
    const when = new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ');
    return `  r${number} ${version}: ${when} UTC, ${outcome.replace('_', ' ')}`;
  });
  return `There are:\n${lines.join('\n')}`;
}
