import pLimit from 'p-limit';
import type { Milliseconds } from '../model/duration.js';
import type { Ledger, LedgerOf, LedgerRecord, Written } from '../ports/ledger.js';
import type { Condition, DynamoItems } from './dynamo-items.js';

/** For a call, the SDK's repetitions included. */
const patience: Milliseconds = 20_000;

/** Items that are read at the same time. */
const atOnce = 20;

/** How a record is written as text and read back; the text has a version of its own. */
export interface RecordText<R> {
  /** The name of its head: `releases`. */
  readonly name: string;
  /** Stands before the number of a record. */
  readonly letter: string;
  readonly write: (record: R) => string;
  readonly read: (texts: readonly string[]) => Written<R>;
}

/**
 * The records of a team, in the table of its leases: an item for each (`prod.api/r41`), and one that tells the newest number
 * (`prod.api/releases`), so that nothing is scanned. An item is written when its number is free, or by the run that it belongs to.
 */
export class DynamoLedger<R extends LedgerRecord> implements Ledger<R> {
  readonly name: string;

  constructor(
    private readonly items: DynamoItems,
    private readonly text: RecordText<R>,
  ) {
    this.name = `the table ${items.place.table}`;
  }

  /** Throws what the table throws. */
  async read(of: LedgerOf, limit: number): Promise<Written<R>> {
    const newest = await this.#newest(of);
    const several = pLimit(atOnce);
    const numbers = Array.from({ length: Math.min(limit, newest) }, (_, index) => newest - index);
    const items = await Promise.all(
      numbers.map((number) =>
        several(() => this.items.get(keyOf(of, `${this.text.letter}${number}`), patience)),
      ),
    );
    return this.text.read(items.flatMap((item) => item?.['record']?.S ?? []));
  }

  /** Throws what the table throws. */
  async write(record: R): Promise<'written' | 'taken'> {
    const item = {
      lock: { S: keyOf(record, `${this.text.letter}${record.number}`) },
      run: { S: record.run },
      record: { S: this.text.write(record) },
    };
    if (!(await this.items.put(item, ownOrFree(record.run), patience))) return 'taken';
    const head = { lock: { S: keyOf(record, this.text.name) }, newest: { N: String(record.number) } };
    // Not put where a newer number is there already, which is as good.
    await this.items.put(head, below(record.number), patience);
    return 'written';
  }

  async #newest(of: LedgerOf): Promise<number> {
    const head = await this.items.get(keyOf(of, this.text.name), patience);
    const newest = Number(head?.['newest']?.N ?? 0);
    return Number.isSafeInteger(newest) && newest > 0 ? newest : 0;
  }
}

const keyOf = ({ environment, group }: LedgerOf, what: string): string =>
  `${encodeURIComponent(environment)}.${encodeURIComponent(group)}/${what}`;

const ownOrFree = (run: string): Condition => ({
  ConditionExpression: 'attribute_not_exists(#lock) OR #run = :run',
  ExpressionAttributeNames: { '#lock': 'lock', '#run': 'run' },
  ExpressionAttributeValues: { ':run': { S: run } },
});

const below = (number: number): Condition => ({
  ConditionExpression: 'attribute_not_exists(#lock) OR #newest < :newest',
  ExpressionAttributeNames: { '#lock': 'lock', '#newest': 'newest' },
  ExpressionAttributeValues: { ':newest': { N: String(number) } },
});
