import { appendFile, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { recordsUnreadable, stateFolderUnwritable } from '../errors/releases.js';
import type { Ledger, LedgerOf, LedgerRecord, Written } from '../ports/ledger.js';
import { hostLeaseName } from './host-lease-name.js';
import type { LedgerText } from './ledger-text.js';

/** What this machine recorded, in a file of its state folder for each group of an environment. */
export class LedgerFile<R extends LedgerRecord> implements Ledger<R> {
  readonly name: string;
  readonly #directory: string;

  constructor(
    state: string,
    private readonly text: LedgerText<R>,
  ) {
    this.#directory = join(state, text.name);
    this.name = this.#directory;
  }

  /** Throws `releases.unreadable`. */
  async read(of: LedgerOf, limit: number): Promise<Written<R>> {
    const path = this.#path(of);
    try {
      const text = await readIfThere(path);
      return this.text.read(
        text
          .split('\n')
          .filter((line) => line !== '')
          .slice(-limit),
      );
    } catch (cause) {
      throw recordsUnreadable(path, cause);
    }
  }

  /** On disk when it resolves. Throws `releases.unwritable`. */
  async write(record: R): Promise<'written'> {
    const path = this.#path(record);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      const file = await open(path, 'a+', 0o600);
      try {
        await appendFile(file, `${(await isTorn(file)) ? '\n' : ''}${this.text.write(record)}\n`);
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw stateFolderUnwritable(path, cause);
    }
    return 'written';
  }

  #path(of: LedgerOf): string {
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
