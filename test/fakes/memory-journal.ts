import { journalUnreadable, journalWrite } from '../../src/errors/journal.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import type { RunId } from '../../src/model/ids.js';
import type { Journal, JournalStore, RetryHosts } from '../../src/ports/journal.js';
import { PortCalls } from './port-calls.js';

/**
 * Journals in memory. A record is durable once its append resolved; `crash` loses those still on their way, and
 * nothing that was under way then ever goes on.
 */
export class MemoryJournalStore implements JournalStore {
  readonly #durable: Map<RunId, JournalRecord[]>;
  #crashes = 0;

  /** `durable` is the disk, which outlives a process. */
  constructor(
    private readonly calls: PortCalls = new PortCalls(),
    durable = new Map<RunId, JournalRecord[]>(),
  ) {
    this.#durable = durable;
  }

  /** Each run's is made once, as a file is. */
  create(run: RunId): Promise<Journal> {
    if (this.#durable.has(run)) return Promise.reject(journalWrite(run, new Error('it is there already')));
    const records: JournalRecord[] = [];
    this.#durable.set(run, records);
    return Promise.resolve({
      append: (record) => this.#append(records, record),
      close: () => Promise.resolve(),
    });
  }

  reopen(run: RunId): Promise<Journal> {
    const records = this.#durable.get(run);
    if (records === undefined) return Promise.reject(journalUnreadable(run, new Error('no such journal')));
    return Promise.resolve({
      append: (record) => this.#append(records, record),
      close: () => Promise.resolve(),
    });
  }

  read(run: RunId): Promise<readonly JournalRecord[]> {
    return Promise.resolve([...(this.#durable.get(run) ?? [])]);
  }

  last(run: RunId): Promise<JournalRecord | undefined> {
    return Promise.resolve(this.#durable.get(run)?.at(-1));
  }

  runs(): Promise<readonly RunId[]> {
    return Promise.resolve([...this.#durable.keys()].sort().reverse());
  }

  crash(): void {
    this.#crashes += 1;
  }

  async #append(records: JournalRecord[], record: JournalRecord): Promise<void> {
    const life = this.#crashes;
    const call = { port: 'journal', method: 'append', actor: 'journal', about: record.type } as const;
    await this.calls.make(call, async () => {
      if (life !== this.#crashes) await new Promise<never>(() => undefined);
      records.push(structuredClone(record));
    });
  }
}

/** The failed hosts of the last playbook. */
export class MemoryRetry implements RetryHosts {
  readonly #kept = new Map<string, readonly string[]>();

  async keep(environment: string, hosts: readonly string[]): Promise<void> {
    this.#kept.set(environment, hosts);
  }

  async last(environment: string): Promise<readonly string[] | undefined> {
    return this.#kept.get(environment);
  }
}
