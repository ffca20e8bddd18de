import { z } from 'zod';
import type { LedgerRecord, Written } from '../ports/ledger.js';

/** How records of one kind are written as text, a line each, and read back. The text has a version of its own. */
export interface LedgerText<R extends LedgerRecord> {
  /** The ending of its files, and the name of its head in a table: `releases`. */
  readonly name: string;
  /** Stands before the number of a record, as its key in a table: `r41`. */
  readonly letter: string;
  /** Without the newline. */
  write(record: R): string;
  /** A line that is torn or foreign, or of a newer version, is passed over and counted. */
  read(lines: readonly string[]): Written<R>;
}

/** `format` rises when a record of this version would be misread by the versions before; `kind` says what a line is: `release`. */
export function ledgerText<R extends LedgerRecord>(
  {
    kind,
    name,
    letter,
    format,
  }: Pick<LedgerText<R>, 'name' | 'letter'> & {
    readonly kind: string;
    readonly format: number;
  },
  shape: z.ZodType<R>,
): LedgerText<R> {
  const anyRecord = z.object({ adfpush: z.literal(kind), format: z.number().int() });
  return {
    name,
    letter,
    write: (record) => JSON.stringify({ adfpush: kind, format, ...record }),
    read(lines) {
      const records: R[] = [];
      let [unreadable, newer] = [0, 0];
      for (const line of lines) {
        if (line.trim() === '') continue;
        const value = parsed(line);
        const known = anyRecord.safeParse(value).data;
        const record = known?.format === format ? shape.safeParse(value).data : undefined;
        if (record !== undefined) records.push(record);
        else if (known !== undefined && known.format > format) newer += 1;
        else unreadable += 1;
      }
      return { records, unreadable, newer };
    },
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
