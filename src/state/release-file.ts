import { appendFile, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { releaseFolderUnwritable, releasesUnreadable } from '../errors/releases.js';
import type { ReleaseRecord } from '../model/release-record.js';
import type { ReleasePlace, ReleasesOf, WrittenReleases } from '../ports/releases.js';
import { hostLeaseName } from './host-lease-name.js';
import { readReleaseLines, releaseLine } from './release-lines.js';

/** The releases that this machine rolled, in a file of its state folder for each group of an environment. */
export class ReleaseFile implements ReleasePlace {
  readonly name: string;
  readonly #directory: string;

  constructor(state: string) {
    this.#directory = join(state, 'releases');
    this.name = this.#directory;
  }

  /** Throws `releases.unreadable`. */
  async read(of: ReleasesOf, limit: number): Promise<WrittenReleases> {
    const path = this.#path(of);
    try {
      const text = await readIfThere(path);
      return readReleaseLines(
        text
          .split('\n')
          .filter((line) => line !== '')
          .slice(-limit),
      );
    } catch (cause) {
      throw releasesUnreadable(path, cause);
    }
  }

  /** On disk when it resolves. Throws `releases.unwritable`. */
  async write(record: ReleaseRecord): Promise<'written'> {
    const path = this.#path(record);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      const file = await open(path, 'a+', 0o600);
      try {
        await appendFile(file, `${(await isTorn(file)) ? '\n' : ''}${releaseLine(record)}\n`);
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw releaseFolderUnwritable(path, cause);
    }
    return 'written';
  }

  #path(of: ReleasesOf): string {
    return join(this.#directory, `${hostLeaseName(of)}.jsonl`);
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** A crash may have cut the last line: the next one must not go on with it. */
async function isTorn(file: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString('latin1') !== '\n';
}
