import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

/** What is wrong with a file of a host. All are of class `failed`; `reason` is what the host's own programs said. */
const failed = (code: string, host: Host, message: string, reason: string, hint?: string): AdfError =>
  new AdfError({
    code: `file.${code}`,
    class: 'failed',
    message: reason === '' ? `${message}.` : `${message}: ${reason}.`,
    host: describeHost(host),
    ...defined({ hint }),
  });

type FileProblem = (host: Host, path: string, reason: string) => AdfError;

/** Who may not do it needs another user or another place. */
const permissionHint = 'Check who owns the folder; with become: true it is done as root.';

/** What the scripts of transport/host-files tell, by the word that they tell it with. */
export const fileProblems = {
  no_folder: (host, path, reason) =>
    failed(
      'no_folder',
      host,
      `The folder that "${path}" is to be in is not there`,
      reason,
      'Make it first, with a task: file: { path: …, state: directory }.',
    ),
  is_folder: (host, path) =>
    failed(
      'is_folder',
      host,
      `"${path}" is a folder, and no file can take its place`,
      '',
      'End it with / to write into the folder, or remove the folder first.',
    ),
  special: (host, path) =>
    failed('special', host, `"${path}" is a device, a socket or a pipe, and is not replaced by a file`, ''),
  no_checksum: (host) =>
    failed(
      'no_checksum',
      host,
      'None of sha256sum, busybox, openssl and shasum is on the host, so that no file can be compared',
      '',
      'Install coreutils.',
    ),
  create: (host, path, reason) =>
    failed('refused', host, `Nothing can be written beside "${path}"`, reason, permissionHint),
  owner: (host, path, reason) =>
    failed(
      'owner',
      host,
      `"${path}" cannot be given the owner and group that it is to have`,
      reason,
      'Check that both exist on the host; only root may give files away: become: true.',
    ),
  keep_owner: (host, path, reason) =>
    failed(
      'owner',
      host,
      `A new "${path}" could not keep the owner and group of the one that is there`,
      reason,
      'Add become: true, or say owner and group.',
    ),
  mode: (host, path, reason) => failed('mode', host, `The mode of "${path}" cannot be set`, reason),
  write: (host, path, reason) =>
    failed(
      'write',
      host,
      `"${path}" could not be written, and is as it was`,
      reason,
      'Check the space and the quota of its file system.',
    ),
  content: (host, path, reason) =>
    failed('content', host, `What was to fill "${path}" did not come; the file is as it was`, reason),
  corrupted: (host, path) =>
    failed(
      'corrupted',
      host,
      `What arrived for "${path}" is not what was sent; the file is as it was`,
      '',
      'The source may have changed while it was sent: run it again.',
    ),
  not_valid: (host, path, reason) =>
    failed('not_valid', host, `The new "${path}" did not pass validate, and the old is in place`, reason),
  backup: (host, path, reason) =>
    failed('backup', host, `"${path}" could not be kept aside, and was not replaced`, reason, permissionHint),
  move: (host, path, reason) =>
    failed(
      'refused',
      host,
      `The new "${path}" could not be put in place; the old is there still`,
      reason,
      'A file that is immutable (lsattr), or a mount of its own, cannot be replaced.',
    ),
  not_found: (host, path) => failed('not_found', host, `There is no "${path}"`, ''),
  to_edit: (host, path) =>
    failed(
      'not_found',
      host,
      `There is no "${path}" to edit`,
      '',
      'With create: true it is made. Or make it first, with copy or template.',
    ),
  overtaken: (host, path) =>
    failed(
      'overtaken',
      host,
      `"${path}" was changed by something else after it was read, and is left as it is`,
      '',
      'Find out what else writes to it, and run it again.',
    ),
  not_a_file: (host, path) => failed('not_a_file', host, `"${path}" is no ordinary file`, ''),
  unreadable: (host, path, reason) =>
    failed('unreadable', host, `"${path}" cannot be read`, reason, permissionHint),
  unseen: (host, path, reason) =>
    failed('unseen', host, `It is not known whether "${path}" is there`, reason, permissionHint),
  other_kind: (host, path, reason) =>
    failed(
      'other_kind',
      host,
      `"${path}" is there already, as ${reason}`,
      '',
      'Remove it first (state: absent), or choose another path.',
    ),
  protected: (host, path, reason) =>
    failed(
      'protected',
      host,
      `"${path}" is not removed: it ${reason}`,
      '',
      'If it must be, remove what is in it by name, or use a command of your own.',
    ),
  refused: (host, path, reason) =>
    failed('refused', host, `"${path}" cannot be changed`, reason, permissionHint),
} satisfies Readonly<Record<string, FileProblem>>;

/** Something else wrote to a file between its reading and its writing. */
export const overtakenCode = 'file.overtaken';

export const tooLargeToEdit = (host: Host, path: string, limit: number): AdfError =>
  failed(
    'too_large',
    host,
    `"${path}" has more than ${limit / 1024 / 1024} MiB, and is not edited`,
    '',
    'Use a command of the host for it: shell, with sed or awk.',
  );

/** A script ended without telling why. */
export const fileScriptFailed = (host: Host, path: string, how: string, reason: string): AdfError =>
  failed('failed', host, `What was to be done with "${path}" ${how}`, reason);

export const changedMeanwhile = (host: Host, path: string): AdfError =>
  failed(
    'changed_meanwhile',
    host,
    `"${path}" changed while it was read`,
    '',
    'Fetch it when nothing writes to it.',
  );
