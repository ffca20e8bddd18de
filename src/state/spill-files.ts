import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '../model/defined.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import type { Spill, SpilledOutput, SpillStore } from '../ports/project-files.js';
import type { StreamRedaction } from '../ports/secret-keeper.js';

/** As long as hosts keep the records of steps. */
const keptFor: Milliseconds = 14 * 86_400_000;

export interface SpillFilesOptions {
  /** The state folder; files are in `output/<run>` below it, readable by their owner only. */
  readonly directory: string;
  /** Takes secrets out, for one file. */
  readonly redaction: () => StreamRedaction;
  readonly now: () => EpochMilliseconds;
}

/** Output of commands in files, one for each stream. What runs of more than 14 days ago left is removed by the first that writes. */
export class SpillFiles implements SpillStore {
  readonly #directory: string;
  #pruned: Promise<void> | undefined;

  constructor(private readonly options: SpillFilesOptions) {
    this.#directory = join(options.directory, 'output');
  }

  open(run: string, name: string): Spill {
    const folder = join(this.#directory, fileName(run));
    return new SpillFile(join(folder, fileName(name)), this.options.redaction(), async (path) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      this.#pruned ??= this.#prune();
      await this.#pruned;
      return open(path, 'wx', 0o600);
    });
  }

  /** What cannot be removed stays; it does no harm. */
  async #prune(): Promise<void> {
    const oldest = this.options.now() - keptFor;
    for (const run of await readdir(this.#directory).catch(() => [])) {
      const path = join(this.#directory, run);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < oldest) await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Two of these are held for a file: one fills while the other is written. */
const bufferSize = 256 * 1024;

class SpillFile implements Spill {
  #file: FileHandle | undefined;
  #incomplete: string | undefined;
  #filling = Buffer.alloc(0);
  #filled = 0;
  #spare = Buffer.alloc(0);
  #writing: Promise<void> | undefined;

  constructor(
    private path: string,
    private readonly redaction: StreamRedaction,
    private readonly create: (path: string) => Promise<FileHandle>,
  ) {}

  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#incomplete !== undefined) return undefined;
    return this.#put(this.redaction.write(chunk));
  }

  async end(): Promise<SpilledOutput | undefined> {
    if (this.#filling.length === 0) return undefined;
    await this.#put(this.redaction.end());
    await this.#writing;
    await this.#append(this.#filling.subarray(0, this.#filled));
    await this.#file?.close().catch((error: unknown) => (this.#incomplete ??= reasonOf(error)));
    return { path: this.path, ...defined({ incomplete: this.#incomplete }) };
  }

  /** Copies: small pieces are many, and each may hold on to far more memory than it shows. */
  #put(bytes: Uint8Array): void | Promise<void> {
    if (this.#filling.length === 0) {
      this.#filling = Buffer.allocUnsafeSlow(bufferSize);
      this.#spare = Buffer.allocUnsafeSlow(bufferSize);
    }
    const room = Math.min(bytes.length, bufferSize - this.#filled);
    this.#filling.set(bytes.subarray(0, room), this.#filled);
    this.#filled += room;
    return room < bytes.length ? this.#turnOver(bytes.subarray(room)) : undefined;
  }

  async #turnOver(rest: Uint8Array): Promise<void> {
    await this.#writing;
    this.#writing = this.#append(this.#filling);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#filled = 0;
    await this.#put(rest);
  }

  /** After one failure nothing more is written: a file with a hole in it would be worse than one that ends too early. */
  async #append(bytes: Uint8Array): Promise<void> {
    if (this.#incomplete !== undefined) return;
    try {
      this.#file ??= await this.#create();
      await this.#file.appendFile(bytes);
    } catch (error) {
      this.#incomplete = reasonOf(error);
    }
  }

  /** A command that is run once more leaves what it said the first time as it is. */
  async #create(): Promise<FileHandle> {
    const name = this.path;
    for (let again = 2; ; again += 1) {
      try {
        return await this.create(this.path);
      } catch (error) {
        if (!alreadyThere(error)) throw error;
        this.path = `${name}.${again}`;
      }
    }
  }
}

const alreadyThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';

const fileName = (name: string): string => name.replaceAll(/[^A-Za-z0-9._@-]/g, '_').slice(0, 200);

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
