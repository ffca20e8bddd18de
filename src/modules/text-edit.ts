import { AdfError } from '../errors/adf-error.js';
import { fileProblems, overtakenCode, tooLargeToEdit } from '../errors/files.js';
import { defined } from '../model/defined.js';
import type { Pattern } from '../model/pattern/pattern.js';
import { Secret } from '../model/secret.js';
import { sha256 } from '../model/sha256.js';
import type { FileAttributes, FileLook } from '../ports/host-files.js';
import { fileValues } from './file-attributes.js';
import { compare, makeChange, type FileChange, type WantedFile } from './file-content.js';
import type { Change, Module, ModuleHost, ModuleResult } from './module.js';

/** An edit of a text file of the host, which is computed on the control side. */
export interface TextEdit {
  readonly path: string;
  readonly attributes: FileAttributes;
  /** Whether a file that is not there is made; else that is an error, unless the edit only takes away. */
  readonly create: boolean;
  readonly onlyRemoves: boolean;
  readonly backup: boolean;
  readonly validate?: readonly string[] | undefined;
  /** What the edit puts in is not shown to anybody. */
  readonly secret: boolean;
  /** The new text. The same text means that nothing has to be done. `inFile` turns a text of the task into the file's encoding. */
  readonly edit: (text: string, inFile: (text: string) => string) => Edited;
}

export interface Edited {
  readonly text: string;
  /** For people, and for `register`, as Ansible says it: `line added`. */
  readonly message: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface EditDetails {
  readonly wanted: WantedFile;
  readonly change: FileChange;
  readonly edited: Edited;
}

/** A place in a text: its beginning, its end, or beside the last line that matches. */
export type PlaceInText = 'BOF' | 'EOF' | { readonly side: 'after' | 'before'; readonly pattern: Pattern };

/** A module that edits one text file of a host: what is its own, and which edit its arguments ask for. */
export const editModule = <Args>({
  editOf,
  ...own
}: Pick<Module<Args, EditDetails>, 'name' | 'docs' | 'schema'> & {
  readonly editOf: (args: Args) => TextEdit;
}): Module<Args, EditDetails> => ({
  ...own,
  effect: 'idempotent',
  // Its string form is split into words as sh would: quoting keeps each value one word.
  shellArguments: ['validate'],
  visibleArguments: ['validate'],
  check: (args, host) => checkEdit(editOf(args), host),
  apply: (args, details, host) => applyEdit(editOf(args), details, host),
});

/** Bytes of a file that may be edited: it is read into memory, and sent back whole. */
const editLimit = 16 * 1024 * 1024;

/** Reads the file, edits it in memory, and tells what changes. A link is followed: what it leads to is edited. */
async function checkEdit(edit: TextEdit, host: ModuleHost): Promise<Change<EditDetails>> {
  const { path } = edit;
  const [look, bytes] = await lookAndRead(path, host);
  if (look.stat?.kind === 'directory') throw fileProblems.is_folder(host.host, path);
  if (look.stat === undefined && !edit.create) return absent(edit, host);
  const before = bytes ?? new Uint8Array();
  const coding = codingOf(before);
  const edited = edit.edit(coding.decode(before), coding.inFile);
  const after = coding.encode(edited.text);
  const content = { open: () => after, size: after.length, sha256: sha256(after) };
  const { attributes, secret, backup, validate } = edit;
  const wanted: WantedFile = {
    ...{
      content,
      secret,
      attributes,
      backup,
      validate,
      dest: path,
      name: undefined,
      force: true,
      follow: true,
    },
    ...{
      shown: () => Promise.resolve(after),
      before: bytes,
      expected: bytes === undefined ? 'absent' : sha256(bytes),
    },
  };
  // The sum of what was read, in case the file was written to between the two looks.
  const stat = look.stat && bytes ? { ...look.stat, sha256: sha256(bytes) } : look.stat;
  const change = await compare(wanted, { ...look, ...defined({ stat }) }, host);
  if (change === undefined) {
    return {
      changes: false,
      result: {
        changed: false,
        message: `${path} is as wanted`,
        values: { ...fileValues(path, stat), ...edited.values, msg: '' },
      },
    };
  }
  const summary = change.write && stat !== undefined ? `change ${path}: ${edited.message}` : change.summary;
  return {
    changes: true,
    summary,
    diff: change.diff,
    takes: [],
    details: { wanted, change: { ...change, summary }, edited },
  };
}

/** Both at once: most edits find that there is nothing to do, and should take one round trip. */
async function lookAndRead(
  path: string,
  { host, files }: ModuleHost,
): Promise<readonly [FileLook, Uint8Array | undefined]> {
  const readOrError = async (): Promise<unknown> => {
    try {
      return (await files.read(path, editLimit)) ?? tooLargeToEdit(host, path, editLimit);
    } catch (error) {
      return error;
    }
  };
  const reading = readOrError();
  const [look] = await files.look([{ path, follow: true }]);
  if (look === undefined) throw fileProblems.unseen(host, path, '');
  const read = await reading;
  if (read instanceof Uint8Array) return [look, read];
  const isAbsent = read instanceof AdfError && read.code === 'file.not_found';
  if (isAbsent || look.stat?.kind === 'directory') return [look, undefined];
  throw read;
}

function absent({ path, onlyRemoves, attributes }: TextEdit, host: ModuleHost): Change<EditDetails> {
  const values = { ...fileValues(path, undefined), msg: 'file not present' };
  if (onlyRemoves)
    return { changes: false, result: { changed: false, message: `there is no ${path}`, values } };
  if (!host.checkMode) throw fileProblems.to_edit(host.host, path);
  // In a dry run, an earlier task would have made it. That change is never applied.
  const content = { open: () => new Uint8Array(), size: 0, sha256: sha256('') };
  const summary = `edit ${path}, which is not there yet`;
  return {
    changes: true,
    summary,
    takes: [],
    details: {
      wanted: {
        ...{ content, attributes, dest: path, name: undefined, force: true, follow: true, backup: false },
        ...{ shown: () => Promise.resolve(undefined), secret: false },
      },
      change: { path, write: false, sweep: false, diff: '', summary },
      edited: { text: '', message: summary },
    },
  };
}

/** How often an edit is made anew because somebody else wrote to the file meanwhile. */
const attempts = 5;

/** Writes the edited file, unless it is another by now: then it is read and edited anew. */
async function applyEdit(edit: TextEdit, details: EditDetails, host: ModuleHost): Promise<ModuleResult> {
  let { wanted, change, edited } = details;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const backup = await makeChange(wanted, change, host);
      const [look] = await host.files.look([{ path: change.path, follow: true }]);
      return {
        changed: true,
        message: change.summary,
        diff: change.diff,
        values: {
          ...fileValues(change.path, look?.stat),
          ...edited.values,
          msg: edited.message,
          ...defined({ backup_file: backup }),
        },
      };
    } catch (error) {
      const isOvertaken = error instanceof AdfError && error.code === overtakenCode;
      if (!isOvertaken || attempt === attempts) throw error;
    }
    const again = await checkEdit(edit, host);
    if (!again.changes) return again.result;
    ({ wanted, change, edited } = again.details);
  }
}

interface Coding {
  readonly decode: (bytes: Uint8Array) => string;
  readonly encode: (text: string) => Uint8Array;
  readonly inFile: (text: string) => string;
}

const utf8: Coding = {
  decode: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
  encode: (text) => new TextEncoder().encode(text),
  inFile: (text) => text,
};

/** A file that is no UTF-8: each byte is a character, so that all the others stay as they are. */
const byBytes: Coding = {
  decode: (bytes) => Array.from(chunked(bytes), (chunk) => String.fromCharCode(...chunk)).join(''),
  encode: (text) => Uint8Array.from(text, (sign) => sign.charCodeAt(0)),
  inFile: (text) => byBytes.decode(utf8.encode(text)),
};

/** Few enough for the arguments of one call. */
function* chunked(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 8_192) yield bytes.subarray(at, at + 8_192);
}

function codingOf(bytes: Uint8Array): Coding {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return utf8;
  } catch {
    return byBytes;
  }
}

/** The text itself, for the file. */
export const plainText = (text: string | Secret): string => (text instanceof Secret ? text.reveal() : text);

/** Lines with their ends. */
export const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

/** What ends the lines of a file: that of its first line. */
export const lineEndOf = (text: string): string => (/^[^\n]*\r\n/.test(text) ? '\r\n' : '\n');
