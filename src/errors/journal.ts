import { AdfError } from './adf-error.js';

const systemCode = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'error';

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const waysOut: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space there, or set XDG_STATE_HOME to a folder on another file system.',
  EROFS: 'Set XDG_STATE_HOME to a folder on a file system that can be written.',
  EACCES: 'Give this user write access to it, or set XDG_STATE_HOME to a folder of its own.',
  ENOTDIR: 'Set XDG_STATE_HOME to a folder that this user may write to.',
  EEXIST: 'Another run has this id already: start again.',
};

/** A record that could not be synced; what it announces must not be done. */
export const journalWrite = (file: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'journal.write',
    class: 'failed',
    message: `Cannot write the journal ${file}: ${reasonOf(cause)}.`,
    hint:
      waysOut[systemCode(cause)] ??
      'Nothing is changed that was not recorded first: mend this and run again.',
    cause,
  });

/** Before a run begins: it is refused, and nothing is changed. */
export const journalNotMade = (file: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'journal.write',
    class: 'refused',
    message: `Cannot make the journal ${file}: ${reasonOf(cause)}.`,
    hint: waysOut[systemCode(cause)] ?? 'Set XDG_STATE_HOME to a folder that this user may write to.',
    cause,
  });

/** After one failed write the file's end is not known any more, so nothing is added to it. */
export const journalBroken = (file: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'journal.write',
    class: 'failed',
    message: `The journal ${file} could not be written before (${reasonOf(cause)}), so nothing more is recorded and nothing more is changed.`,
    hint: waysOut[systemCode(cause)] ?? 'Mend this and run again.',
    cause,
  });

export const journalUnreadable = (file: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'journal.unreadable',
    class: 'refused',
    message: `Cannot read the journal ${file}: ${reasonOf(cause)}.`,
    hint: 'Check that the file exists and that this user may read it.',
    cause,
  });

/** A torn last line is what a crash leaves; a torn line before it is damage. */
export const journalCorrupt = (file: string, line: number, text: string): AdfError =>
  new AdfError({
    code: 'journal.corrupt',
    class: 'needs_person',
    message: `Line ${line} of the journal ${file} is no record: ${text.slice(0, 80)}`,
    hint: `Look at the lines around it; what the run still held is in the "hold.opened" lines without a "hold.settled".`,
  });
