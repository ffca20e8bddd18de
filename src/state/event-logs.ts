import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { open, readdir, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { runId, type RunId } from '../model/ids.js';
import type { EventLog, EventLogs } from '../ports/journal.js';

const suffix = '.ndjson';

/** Logs of more runs than these are removed, the oldest first. */
const keptLogs = 500;

/** A log grows no longer than this, in characters; its end is written all the same. */
const longest = 20_000_000;

/** The first line has names, in bytes; the last one has the result, with a part for each host. */
const mostOfFirst = 65_536;
const mostOfLast = 4_000_000;

/** The events of runs, in a file of the state folder for each. Readable by their owner only. */
export class FileEventLogs implements EventLogs {
  readonly #directory: string;

  /** `state` is the state folder. */
  constructor(state: string) {
    this.#directory = join(state, 'events');
  }

  open(run: RunId): EventLog {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      this.#prune();
      if (!hasRoom(this.#directory)) return new FileEventLog(undefined);
      return new FileEventLog(openSync(this.#path(run), 'a', 0o600));
    } catch {
      return new FileEventLog(undefined);
    }
  }

  async read(run: RunId): Promise<readonly string[]> {
    try {
      return linesOf(await readFile(this.#path(run), 'utf8'));
    } catch {
      return [];
    }
  }

  async ends(run: RunId): Promise<readonly string[]> {
    try {
      const file = await open(this.#path(run), 'r');
      try {
        const { size } = await file.stat();
        const [first] = linesOf(await textOf(file, 0, Math.min(size, mostOfFirst)));
        const length = Math.min(size, mostOfLast);
        const last = linesOf(await textOf(file, size - length, length)).at(-1);
        return [first ?? '', last ?? ''];
      } finally {
        await file.close();
      }
    } catch {
      return [];
    }
  }

  async runs(): Promise<readonly RunId[]> {
    return runsIn(await readdir(this.#directory).catch(() => []));
  }

  #prune(): void {
    for (const run of runsIn(readdirSync(this.#directory)).slice(keptLogs))
      rmSync(this.#path(run), { force: true });
  }

  #path(run: RunId): string {
    return join(this.#directory, `${run}${suffix}`);
  }
}

/** The journal of the run is on the same disk, and must not run out of room for a log. */
function hasRoom(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 4 * longest;
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

async function textOf(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.toString('utf8', 0, bytesRead);
}

const runsIn = (names: readonly string[]): readonly RunId[] =>
  names
    .filter((name) => name.endsWith(suffix))
    .map((name) => runId(name.slice(0, -suffix.length)))
    .sort()
    .reverse();

/** Written at once, so that it is complete up to the moment of a kill. Nothing that goes wrong with it holds up its run. */
class FileEventLog implements EventLog {
  #written = 0;

  constructor(private descriptor: number | undefined) {}

  write(line: string, isEnd: boolean): void {
    if (this.descriptor === undefined || (this.#written > longest && !isEnd)) return;
    this.#written += line.length;
    try {
      writeSync(this.descriptor, `${line}\n`);
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.descriptor === undefined) return;
    const { descriptor } = this;
    this.descriptor = undefined;
    try {
      closeSync(descriptor);
    } catch {
      // What was written is there.
    }
  }
}
