import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  journalBroken,
  journalCorrupt,
  journalNotMade,
  journalUnreadable,
  journalWrite,
} from '../errors/journal.js';
import { runId, type RunId } from '../model/ids.js';
import type { JournalRecord } from '../model/journal-record.js';
import type { Journal, JournalStore } from '../ports/journal.js';
import { SyncedFile, syncFolder } from './synced-file.js';

/** One record as one line. */
const formatLine = (record: JournalRecord): string => `${JSON.stringify(record)}\n`;

/**
 * The records of a journal. A last line without its newline is what a crash leaves of a record that was never
 * acknowledged: it is left out. Any other line that is no record throws `journal.corrupt`.
 */
function parseLines(text: string, file: string): readonly JournalRecord[] {
  const lines = text.split('\n');
  // What follows the last newline: nothing, or a torn line.
  lines.pop();
  return lines.map((line, index) => {
    const parsed = parseJson(line);
    if (!isRecord(parsed)) throw journalCorrupt(file, index + 1, line);
    return parsed;
  });
}

const types: Readonly<Record<JournalRecord['type'], true>> = {
  'run.started': true,
  'hold.opened': true,
  'mutation.intended': true,
  'mutation.done': true,
  'hold.settled': true,
  'one_way.ran': true,
  'batch.started': true,
  'batch.ended': true,
  'run.grown': true,
  'run.recovering': true,
  'run.ended': true,
};

const shape = z.looseObject({ at: z.number(), type: z.string() });

/** The text without a torn last line: how far a journal that is gone on with counts. */
const withoutTornLine = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);

/** Looks at what every record has; the rest was written by `formatLine` from a typed record. */
function isRecord(value: unknown): value is JournalRecord {
  const { success, data } = shape.safeParse(value);
  return success && Object.hasOwn(types, data.type);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

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
      throw journalNotMade(path, cause);
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
      // A longer line, or a damaged one: reading it all tells which.
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

/** The last bytes of a file as text; a character that is cut at their beginning is of a line that is not read. */
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
