import { describeHost, type Host } from '../model/host.js';
import { shortDigest } from '../model/ids.js';
import type { KnownRelease } from '../model/release.js';
import { AdfError } from './adf-error.js';

/** Which release a group is to go back to could not be told. Nothing was changed. */
const refused = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `rollback.${code}`, class: 'refused', message, hint });

export const noPreviousRelease = (group: string, known: readonly KnownRelease[], hosts: number): AdfError =>
  refused(
    'no_previous',
    `No host of "${group}" keeps a release that it ran before the one it runs now. ${listed(known, hosts)}`,
    `Name what it is to run: adfpush deploy --group ${group} --version V --env ENV. What is kept, and how much of it: rollout.keep_releases.`,
  );

export const releaseNotKept = (
  group: string,
  named: string,
  known: readonly KnownRelease[],
  hosts: number,
): AdfError =>
  refused(
    'not_kept',
    `No host of "${group}" keeps a release "${named}". ${listed(known, hosts)}`,
    `${known.length === 0 ? 'Fetch' : 'Give --to one of these, a version or the beginning of a digest; or fetch'} it from its registry: adfpush deploy --group ${group} --version ${named} --env ENV.`,
  );

export const releaseAmbiguous = (
  group: string,
  named: string,
  found: readonly KnownRelease[],
  hosts: number,
): AdfError =>
  refused(
    'ambiguous',
    `"${named}" may be one of ${found.length} releases that hosts of "${group}" keep. ${listed(found, hosts)}`,
    'Give --to the beginning of the digest.',
  );

/** `why` is a clause. */
export const keptSecretMissing = (host: Host, container: string, version: string, why: string): AdfError =>
  new AdfError({
    code: 'rollback.kept_secret',
    class: 'refused',
    host: describeHost(host),
    message: `${describeHost(host)} cannot give "${container}" the secrets that it had in ${version}: ${why}.`,
    hint: 'Roll back with the secrets of today, without --secrets kept. Old ones are taken only from a kept container, and only where nothing else of their environment variable has changed.',
  });

function listed(known: readonly KnownRelease[], hosts: number): string {
  if (known.length === 0) return 'They have no container that adfpush started.';
  const lines = known.map(({ versions, image, lastCreated, hosts: on, current }) => {
    const runs = current === 0 ? 'runs on none' : `runs on ${current} of ${hosts}`;
    const when = new Date(lastCreated).toISOString().slice(0, 16).replace('T', ' ');
    return `  ${versions.join(', ')} (${shortDigest(image.digest)}): last started ${when} UTC, on ${on} of ${hosts} hosts, ${runs}`;
  });
  return `They have:\n${lines.join('\n')}`;
}
