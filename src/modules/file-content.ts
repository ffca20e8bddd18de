import { defined } from '../model/defined.js';
import type { FileAttributes, FileContent, FileLook, FileStat } from '../ports/host-files.js';
import { fileProblems } from '../errors/files.js';
import { attributeChanges, fileValues } from './file-attributes.js';
import { diffLimit, fileDiff, type DiffSide } from './file-diff.js';
import type { Change, ModuleHost, ModuleResult } from './module.js';

/** A file as a task wants it. */
export interface WantedFile {
  readonly content: FileContent;
  /** The same for a diff; undefined when it is too large. */
  readonly shown: () => Promise<Uint8Array | undefined>;
  /** It is not shown to anybody. */
  readonly secret: boolean;
  readonly dest: string;
  /** The name under which it goes into a folder. */
  readonly name: string | undefined;
  readonly attributes: FileAttributes;
  readonly force: boolean;
  readonly backup: boolean;
  readonly follow: boolean;
  readonly validate?: readonly string[] | undefined;
  /** What is there, when that was read already. */
  readonly before?: Uint8Array | undefined;
  /** The sum of what may be replaced, or `absent`; whatever is there, when it is not said. */
  readonly expected?: string;
  /** Of folders that have to be made for it. */
  readonly directoryMode?: FileAttributes['mode'];
}

/** What has to be done for one file. */
export interface FileChange {
  readonly path: string;
  readonly write: boolean;
  /** The folder that dest says it is, which is not there. */
  readonly folder?: string;
  readonly sweep: boolean;
  readonly diff: string;
  readonly summary: string;
}

/** Compares one file of the host with what it is to be. Throws `file.*` for what cannot become a file. */
export async function checkFile(wanted: WantedFile, host: ModuleHost): Promise<Change<FileChange>> {
  const { dest, name, follow } = wanted;
  const [look] = await host.files.look([{ path: dest, follow, ...defined({ into: name }) }]);
  if (look === undefined) throw fileProblems.unseen(host.host, dest, '');
  const change = await compare(wanted, look, host);
  if (change !== undefined) {
    return { changes: true, summary: change.summary, diff: change.diff, takes: [], details: change };
  }
  return {
    changes: false,
    result: {
      changed: false,
      message: `${look.path} is as wanted`,
      values: fileValues(look.path, look.stat),
    },
  };
}

/** Undefined when there is nothing to do. */
export async function compare(
  wanted: WantedFile,
  { path, stat, inFolder, litter }: FileLook,
  host: ModuleHost,
): Promise<FileChange | undefined> {
  refuse(path, stat, host);
  const [base, folder] = [{ path, sweep: litter }, wanted.dest.endsWith('/') ? { folder: wanted.dest } : {}];
  if (stat === undefined) {
    const missing = inFolder ? {} : folder;
    // In a dry run, an earlier task would have made it.
    if (!inFolder && missing.folder === undefined && !host.checkMode)
      throw fileProblems.no_folder(host.host, path, '');
    return {
      ...base,
      ...missing,
      write: true,
      summary: `write ${path}`,
      diff: await contentDiff(path, undefined, wanted, host),
    };
  }
  const sameContent = stat.kind === 'file' && stat.sha256 === wanted.content.sha256;
  if (!sameContent && wanted.force) {
    const summary = stat.kind === 'link' ? `replace the link ${path}` : `change ${path}`;
    return { ...base, write: true, summary, diff: await contentDiff(path, stat, wanted, host) };
  }
  if (!wanted.force) return undefined;
  const changed = attributeChanges(stat, wanted.attributes);
  const litterOnly = changed.length === 0 && litter;
  if (changed.length === 0 && !litter) return undefined;
  return {
    ...base,
    write: false,
    summary: litterOnly
      ? `remove what an interrupted write left beside ${path}`
      : `change ${path}: ${changed.join(', ')}`,
    diff: changed.map((line) => `${path} ${line}`).join('\n'),
  };
}

function refuse(path: string, stat: FileStat | undefined, { host }: ModuleHost): void {
  if (stat?.kind === 'directory') throw fileProblems.is_folder(host, path);
  if (stat?.kind === 'other') throw fileProblems.special(host, path);
}

async function contentDiff(
  path: string,
  stat: FileStat | undefined,
  wanted: WantedFile,
  host: ModuleHost,
): Promise<string> {
  const { content, shown, secret, before: known } = wanted;
  const attributeLines =
    stat === undefined ? [] : attributeChanges(stat, whenWritten(wanted)).map((line) => `${path} ${line}`);
  if (secret) return [`${path}: holds a secret, so its lines are not shown`, ...attributeLines].join('\n');
  const after: DiffSide = { size: content.size, bytes: content.size > diffLimit ? undefined : await shown() };
  const [link, before] = await beforeOf(path, stat, after, known, host);
  return [...link, fileDiff(path, before, after), ...attributeLines].join('\n');
}

/** The old content, when both sides are small enough to be shown. */
async function beforeOf(
  path: string,
  stat: FileStat | undefined,
  after: DiffSide,
  known: Uint8Array | undefined,
  { files }: ModuleHost,
): Promise<readonly [readonly string[], DiffSide | undefined]> {
  if (stat === undefined) return [[], undefined];
  if (stat.kind === 'link') return [[`${path}: a link to ${stat.target ?? ''} until now`], undefined];
  const readable = stat.sha256 !== undefined && stat.size <= diffLimit && after.bytes !== undefined;
  return [
    [],
    { size: stat.size, bytes: readable ? (known ?? (await files.read(path, diffLimit))) : undefined },
  ];
}

/** Does what was found to do for one file, and tells what is there then. */
export async function applyFile(
  wanted: WantedFile,
  change: FileChange,
  host: ModuleHost,
): Promise<ModuleResult> {
  const backup = await makeChange(wanted, change, host);
  const { path, diff, summary } = change;
  const [look] = await host.files.look([{ path, follow: wanted.follow }]);
  return {
    changed: true,
    message: summary,
    diff,
    values: { ...fileValues(path, look?.stat), ...defined({ backup_file: backup }) },
  };
}

/** The name of the backup, if one was made. */
export async function makeChange(
  wanted: WantedFile,
  { path, write, folder, sweep }: FileChange,
  { files, progress }: Pick<ModuleHost, 'files'> & { progress?: ModuleHost['progress'] },
): Promise<string | undefined> {
  const { content, attributes, directoryMode, backup, follow, validate, expected } = wanted;
  if (folder !== undefined) {
    const { owner, group } = attributes;
    await files.shape(
      folder.replace(/(?<=.)\/+$/, ''),
      { kind: 'directory' },
      {
        ...defined({ mode: directoryMode, owner, group }),
      },
    );
  }
  if (write) {
    const result = await files.write(path, content, {
      ...whenWritten(wanted),
      backup,
      follow,
      ...defined({ validate, expected }),
      ...(progress === undefined ? {} : { onProgress: progressOf(path, content.size, progress) }),
    });
    return result.backup;
  }
  if (attributes.mode !== undefined || attributes.owner !== undefined || attributes.group !== undefined) {
    await files.shape(path, { kind: 'present' }, attributes);
  }
  if (sweep) await files.sweep(path);
  return undefined;
}

/**
 * A file with a secret in it is its owner's alone, unless the task says otherwise. Only when it is written: a mode that something else gave it
 * since stays, so that the second run changes nothing.
 */
const whenWritten = ({ secret, attributes }: WantedFile): FileAttributes =>
  secret && attributes.mode === undefined ? { ...attributes, mode: 0o600 } : attributes;

/** Bytes between two reports: a large file is told of some hundred times, a small one once. */
const leastStep = 1024 * 1024;

function progressOf(path: string, size: number, report: ModuleHost['progress']): (sent: number) => void {
  const step = Math.max(leastStep, size / 100);
  let next = step;
  return (sent) => {
    if (sent < next) return;
    next = sent + step;
    report(`sending ${path}`, sent, size);
  };
}
