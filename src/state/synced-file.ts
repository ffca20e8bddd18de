import { constants, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

interface Waiting {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A file that only grows, and whose `append` resolves when the text is on disk. Appends that arrive while a sync is under
 * way share the next one (group commit): an fsync costs milliseconds, and a batch of hosts writes at once.
 *
 * After one failed write or sync every append fails with the same reason: the kernel may have dropped the dirty pages
 * and forget the error, so a later sync that succeeds proves nothing (the "fsyncgate" of PostgreSQL, 2018).
 */
export class SyncedFile {
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #failure: { readonly cause: unknown } | undefined;

  private constructor(private readonly handle: FileHandle) {}

  /** Creates the file, readable by its owner only, and syncs the folder so that the name is on disk too. Throws system errors. */
  static async create(path: string): Promise<SyncedFile> {
    const handle = await open(path, 'ax', 0o600);
    try {
      await syncFolder(dirname(path));
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new SyncedFile(handle);
  }

  /** Goes on with a file that is there, after its first `length` bytes: what follows them is taken off. Throws system errors. */
  static async reopen(path: string, length: number): Promise<SyncedFile> {
    const handle = await open(path, constants.O_WRONLY | constants.O_APPEND);
    try {
      await handle.truncate(length);
      await handle.datasync();
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new SyncedFile(handle);
  }

  /** The reason of the first failure, when there was one. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure;
  }

  /** Rejects with the system's error. */
  append(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** What was appended before is written first. */
  async close(): Promise<void> {
    await this.#flushing;
    await this.handle.close();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      await this.#write(group.map(({ text }) => text).join(''));
      for (const { resolve, reject } of group) {
        if (this.#failure === undefined) resolve();
        else reject(this.#failure.cause);
      }
    }
    this.#flushing = undefined;
  }

  async #write(text: string): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.handle.appendFile(text);
      await this.handle.datasync();
    } catch (cause) {
      this.#failure = { cause };
    }
  }
}

/** Puts the names in a folder on disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
