import { AdfError } from '../errors/adf-error.js';
import { moduleFailed } from '../errors/module-scripts.js';
import type { Host } from '../model/host.js';
import type { ScriptFailure } from './host-script.js';
import type { UnarchiveFault } from './unarchive-plan.js';

interface Told {
  /** As people may see it. */
  readonly src: string;
  readonly dest: string;
}

/** What the scripts say went wrong, by the word that they give to `fail`: in words, and what helps. */
const problems: Readonly<
  Record<string, (told: Told, reason: string) => readonly [message: string, hint?: string]>
> = {
  no_dest: ({ dest }) => [
    `The folder "${dest}" is not there`,
    'Make it first, with a task: file: { path: …, state: directory }.',
  ],
  dest_no_folder: ({ dest }) => [`"${dest}" is no folder that can be entered`],
  no_archive: ({ src }) => [
    `There is no archive "${src}" on the host`,
    'Without remote_src: true it is taken from the project.',
  ],
  not_a_file: ({ src }) => [`"${src}" is no ordinary file`],
  unreadable: ({ src }) => [`The archive "${src}" cannot be read`, 'With become: true it is read as root.'],
  no_program: ({ src }, program) => [
    `"${src}" needs ${program}, which is not on the host`,
    `Install ${program === 'xz' ? 'xz-utils' : program}, with a task of package or apt.`,
  ],
  bad_archive: ({ src }) => [
    `"${src}" could not be unpacked, and nothing was changed`,
    'tar archives (also with gzip, bzip2, xz or zstd) and zip archives are known.',
  ],
  leads_out: ({ src, dest }) => [
    `"${src}" has names that lead out of "${dest}" (..), and nothing was changed`,
    'Do not trust where it comes from.',
  ],
  no_space: ({ src }) => [
    `There is not enough space to unpack "${src}", and nothing was changed`,
    'It is unpacked once beside dest, and for a look in TMPDIR or /var/tmp: set TMPDIR in the environment of the task.',
  ],
  no_base: () => [
    'No folder of the host can be written to: neither TMPDIR, /var/tmp, /tmp, the home folder nor dest',
  ],
  no_write: ({ dest }) => [
    `Nothing can be written in "${dest}"`,
    'Check who owns the folder; with become: true it is done as root.',
  ],
  owner: () => [
    'What was unpacked cannot be given its owner and group',
    'Check that both exist on the host; only root may give files away: become: true.',
  ],
  mode: () => ['The mode of what was unpacked cannot be set'],
  no_checksum: () => [
    'None of sha256sum, busybox and openssl is on the host, so that nothing can be compared',
    'Install coreutils.',
  ],
  overtaken: ({ src }) => [
    `The archive "${src}" was changed after it was compared; what is in place stays`,
    'Run it again.',
  ],
  refused: ({ dest }) => [
    `Not everything could be put into "${dest}"; each file there is the old one or the new`,
    'Check who owns the folders in it; with become: true it is done as root.',
  ],
};

export const explainUnarchive =
  (told: Told, host: Host) =>
  ({ code, reason }: ScriptFailure): AdfError | undefined => {
    const problem = Object.hasOwn(problems, code) ? problems[code] : undefined;
    if (problem === undefined) return undefined;
    const [message, hint] = problem(told, reason);
    return moduleFailed(`unarchive.${code}`, host, message, {
      ...(code === 'no_program' ? {} : { reason }),
      ...(hint === undefined ? {} : { hint }),
    });
  };

/** What an earlier task of a dry run would have made. */
export const isMissing = (error: unknown): boolean =>
  error instanceof AdfError && ['unarchive.no_dest', 'unarchive.no_archive'].includes(error.code);

export function unarchiveFault(told: Told, { fault, path, reason }: UnarchiveFault, host: Host): AdfError {
  const place = `${told.dest.replace(/\/+$/, '')}/${path}`;
  return fault === 'leads_out'
    ? moduleFailed(
        'unarchive.leads_out',
        host,
        `"${place}" ${reason}, which leads out of "${told.dest}", and nothing was changed`,
        { hint: 'Unpack into that folder itself, or remove the link.' },
      )
    : moduleFailed(
        'unarchive.in_the_way',
        host,
        `"${place}" ${reason}, and the archive has no folder there; nothing was changed`,
        { hint: 'Remove it first, with a task: file: { path: …, state: absent }.' },
      );
}
