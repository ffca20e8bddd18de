import type { JournalRecord } from '../model/journal-record.js';
import type { Journal } from '../ports/journal.js';

/** A journal that is opened by its first record: before that nothing is known to be written, and perhaps nothing may. */
export class JournalOnDemand implements Journal {
  #opened: Promise<Journal> | undefined;

  constructor(private readonly open: () => Promise<Journal>) {}

  async append(record: JournalRecord): Promise<void> {
    this.#opened ??= this.open();
    return (await this.#opened).append(record);
  }

  async close(): Promise<void> {
    // One that could not be opened has failed its writer already.
    const journal = await this.#opened?.catch(() => undefined);
    await journal?.close();
  }
}
