import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { journalBroken, journalUnreadable, journalWrite } from '../errors/journal.js';
import { runId, type RunId } from '../model/ids.js';
import type { JournalRecord } from '../model/journal-record.js';
import type { Journal, JournalStore } from '../ports/journal.js';
import { formatLine, parseLines, withoutTornLine } from './journal-lines.js';
import { SyncedFile, syncFolder } from './synced-file.js';

const suffix = '.journal';
/** The last record of a run that ended, and of most others, is far shorter. */
const lastBytes = 16_384;

/** Journals as files, one a run, one JSON line a record; each line is on disk before its `append` resolves. */
export class FileJournalStore implements JournalStore {
  readonly #directory: string;

  /** `directory` is made when it is not there; see `stateDirectory` for the default. */
  constructor({ directory }: { readonly directory: string }) {
    this.#directory = join(directory, 'runs');
  }

  async create(run: RunId): Promise<Journal> {
    const path = this.#path(run);
    try {
      await makeFolder(this.#directory);
      return new FileJournal(path, await SyncedFile.create(path));
    } catch (cause) {
      throw journalWrite(path, cause);
    }
  }

  async reopen(run: RunId): Promise<Journal> {
    const path = this.#path(run);
    const length = Buffer.byteLength(withoutTornLine(await readText(path)));
    try {
      return new FileJournal(path, await SyncedFile.reopen(path, length));
    } catch (cause) {
      throw journalWrite(path, cause);
    }
  }

  async read(run: RunId): Promise<readonly JournalRecord[]> {
    const path = this.#path(run);
    return parseLines(await readText(path), path);
  }

  async last(run: RunId): Promise<JournalRecord | undefined> {
    const path = this.#path(run);
    try {
      const end = withoutTornLine(await readEnd(path, lastBytes));
      // Nothing but a part of a torn line: what is whole may be before it.
      if (end === '') return (await this.read(run)).at(-1);
      const line = end.slice(end.lastIndexOf('\n', end.length - 2) + 1);
      return parseLines(line, path)[0];
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      // A longer line, or a damaged one: whoever reads it all is told which.
      return (await this.read(run)).at(-1);
    }
  }

  async runs(): Promise<readonly RunId[]> {
    const names = await this.#names();
    return names
      .filter((name) => name.endsWith(suffix))
      .map((name) => runId(name.slice(0, -suffix.length)))
      .sort()
      .reverse();
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#directory);
    } catch (cause) {
      if (isSystemError(cause, 'ENOENT')) return [];
      throw journalUnreadable(this.#directory, cause);
    }
  }

  #path(run: RunId): string {
    return join(this.#directory, `${run}${suffix}`);
  }
}

class FileJournal implements Journal {
  constructor(
    private readonly path: string,
    private readonly file: SyncedFile,
  ) {}

  async append(record: JournalRecord): Promise<void> {
    if (this.file.failure !== undefined) throw journalBroken(this.path, this.file.failure.cause);
    try {
      await this.file.append(formatLine(record));
    } catch (cause) {
      throw journalWrite(this.path, cause);
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw journalUnreadable(path, cause);
  }
}

/** The last bytes of a file as text; a character that is cut at their beginning is of a line that nobody reads. */
async function readEnd(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, bytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Makes a folder, and those above it, for this user only, and syncs the folder above each, so that its name is on disk.
 * Node's own recursive mkdir is not used: on a read-only file system it fails with ENOENT.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return;
    if (!isSystemError(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    // Another run may have made it just now.
    return makeFolder(path);
  }
  await syncFolder(dirname(path));
}

const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
