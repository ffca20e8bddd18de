import { mkdir, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../../ports/clock.js';
import { codeOf, withFileLock } from './file-lock.js';
import { parseKnownHosts, type KnownHostLine } from './known-hosts.js';

/**
 * Asked while the file is locked: the line to write, undefined when there is nothing to write any more. `added` are lines that are about
 * to be written, besides those that the files have. What it throws is what recording throws.
 */
export type DecideLine = (added: readonly KnownHostLine[]) => Promise<string | undefined>;

interface Waiting {
  readonly decide: DecideLine;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Adds lines to known_hosts files. Lines that come while a file is being written wait, and are written with the next batch: a
 * fleet of new hosts is a few writes. A lock between processes makes each read what the other wrote before it decides.
 */
export class KnownHostsRecorder {
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(private readonly clock: Clock) {}

  /** Resolves when the line is in the file. Throws what `decide` throws, and the errors of the file system. */
  record(file: string, decide: DecideLine): Promise<void> {
    return new Promise((done, failed) => {
      const before = this.#waiting.get(file);
      if (before !== undefined) {
        before.push({ decide, done, failed });
        return;
      }
      this.#waiting.set(file, [{ decide, done, failed }]);
      void this.#writeAll(file);
    });
  }

  async #writeAll(file: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(file) ?? [];
      if (batch.length === 0) break;
      this.#waiting.set(file, []);
      try {
        const place = await placeOf(file);
        const decided = await withFileLock(place, this.clock, () => write(file, place, batch));
        for (const { done } of decided) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#waiting.delete(file);
  }
}

/** The file behind links, so that all who come to it by whatever name meet at one lock. */
async function placeOf(file: string): Promise<string> {
  // Only the folder itself, as OpenSSH makes ~/.ssh.
  await mkdir(dirname(file), { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
  try {
    return await realpath(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return file;
    throw error;
  }
}

/** Those who have their line now. The others were told why not. */
async function write(file: string, place: string, batch: readonly Waiting[]): Promise<readonly Waiting[]> {
  const added: KnownHostLine[] = [];
  const lines: string[] = [];
  const decided: Waiting[] = [];
  for (const one of batch) {
    try {
      const line = await one.decide(added);
      if (line !== undefined) {
        lines.push(line);
        added.push(...parseKnownHosts(file, line));
      }
      decided.push(one);
    } catch (error) {
      one.failed(error);
    }
  }
  if (lines.length > 0) await append(place, `${lines.join('\n')}\n`);
  return decided;
}

/** In one write, so that it stands whole beside what others append. A last line without an end gets one first. */
async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a+', 0o600);
  try {
    const stats = await handle.stat();
    // What is written to /dev/null is not on record.
    if (!stats.isFile()) throw new TypeError('it is no regular file');
    const last = Buffer.alloc(1);
    if (stats.size > 0) await handle.read(last, 0, 1, stats.size - 1);
    const begin = stats.size > 0 && last[0] !== 0x0a ? '\n' : '';
    const bytes = Buffer.from(`${begin}${text}`, 'latin1');
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten !== bytes.length) throw new RangeError('the disk is full');
  } finally {
    await handle.close();
  }
}
