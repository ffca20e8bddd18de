import { z } from 'zod';
import { journalCorrupt } from '../errors/journal.js';
import type { JournalRecord } from '../model/journal-record.js';

/** One record as one line. */
export const formatLine = (record: JournalRecord): string => `${JSON.stringify(record)}\n`;

/**
 * The records of a journal. A last line without its newline is what a crash leaves of a record that was never
 * acknowledged: it is left out. Any other line that is no record throws `journal.corrupt`.
 */
export function parseLines(text: string, file: string): readonly JournalRecord[] {
  const lines = text.split('\n');
  // What follows the last newline: nothing, or a torn line.
  lines.pop();
  return lines.map((line, index) => {
    const parsed = parseJson(line);
    if (!isRecord(parsed)) throw journalCorrupt(file, index + 1, line);
    return parsed;
  });
}

const types: Readonly<Record<JournalRecord['type'], true>> = {
  'run.started': true,
  'hold.opened': true,
  'mutation.intended': true,
  'mutation.done': true,
  'hold.settled': true,
  'one_way.ran': true,
  'batch.started': true,
  'batch.ended': true,
  'run.recovering': true,
  'run.ended': true,
};

const shape = z.looseObject({ at: z.number(), type: z.string() });

/** The text without a torn last line: how far a journal that is gone on with counts. */
export const withoutTornLine = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);

/** Looks at what every record has; the rest was written by `formatLine` from a typed record. */
function isRecord(value: unknown): value is JournalRecord {
  const { success, data } = shape.safeParse(value);
  return success && Object.hasOwn(types, data.type);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
