import { describe, expect, it } from 'vitest';
import { containerName, holdId, hostId } from '../../src/model/ids.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import { timeUntilQuiet } from '../../src/plan/interrupted-run.js';
import { rebuildRun } from '../../src/plan/rebuild-run.js';

const host = hostId('i-1');
/** How long from `now` on the host may still change by what these records tell. */
const quietAfter = (records: readonly JournalRecord[], now: number): number => {
  const { unknown, open } = rebuildRun(records);
  return timeUntilQuiet(host, { unknown, held: open }, now);
};
const stop = { type: 'mutation.intended', id: '1', host, what: 'stop container c1' } as const;

describe('the time until nothing that an interrupted run had asked for can happen any more', () => {
  it('is as long as the stop that was under way allows, and a while', () => {
    expect(quietAfter([{ ...stop, at: 1_000, ownTime: 100_000 }], 1_000)).toBe(115_000);
    expect(quietAfter([{ ...stop, at: 1_000, ownTime: 100_000 }], 101_000)).toBe(15_000);
    expect(quietAfter([{ ...stop, at: 1_000, ownTime: 100_000 }], 200_000)).toBe(0);
  });

  it('is over once the journal has the end of it', () => {
    expect(
      quietAfter(
        [
          { ...stop, at: 1_000 },
          { type: 'mutation.done', at: 2_000, id: '1', host },
        ],
        2_000,
      ),
    ).toBe(0);
  });

  it('is no longer than that when the clock of the machine that wrote the journal is ahead', () => {
    expect(quietAfter([{ ...stop, at: 900_000, ownTime: 10_000 }], 1_000)).toBe(25_000);
  });

  it('counts a note that was about to be kept, until something follows it', () => {
    const hold = { id: holdId('i-1#1'), host, kind: 'container', name: containerName('api') } as const;
    const opened: JournalRecord = { type: 'hold.opened', at: 1_000, hold };
    expect(quietAfter([opened], 1_000)).toBe(15_000);
    const renamed = {
      type: 'mutation.intended',
      at: 2_000,
      id: '1',
      host,
      what: 'rename',
      ownTime: 0,
    } as const;
    const done: JournalRecord = { type: 'mutation.done', at: 2_000, id: '1', host };
    expect(quietAfter([opened, renamed, done], 2_000)).toBe(0);
  });
});
