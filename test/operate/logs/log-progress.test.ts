import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logTimeOf } from '../../../src/model/log-time.js';
import { LogProgress } from '../../../src/operate/logs/log-progress.js';
import type { LogLine } from '../../../src/ports/container-logs.js';

/** A log as an Engine keeps it: stdout and stderr are stamped side by side, and lines of one moment are there. */
const logs = fc
  .array(
    fc.record({
      pause: fc.integer({ min: 0, max: 700 }),
      early: fc.integer({ min: 0, max: 900 }),
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      text: fc.constantFrom('a', 'b'),
    }),
    { maxLength: 80 },
  )
  .map((given) => {
    let now = 2_000;
    return given.map(({ pause, early, stream, text }): LogLine => {
      now += pause;
      return { at: logTimeOf(stream === 'stderr' ? now - early : now), stream, text };
    });
  });

it('reads on after each loss without losing a line or reading one twice', () =>
  fc.assert(
    fc.property(logs, fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 6 }), (log, cuts) => {
      const progress = new LogProgress();
      const read: LogLine[] = [];
      for (const cut of [...cuts, log.length]) {
        const { since } = progress;
        progress.begins();
        const given = log.slice(0, cut).filter(({ at }) => since === undefined || at >= since);
        read.push(...given.filter((line) => progress.take(line)));
      }
      const inOrder = (lines: readonly LogLine[]): readonly string[] =>
        lines.map(({ at, stream, text }) => `${at} ${stream} ${text}`).toSorted();
      // A later cut may be before an earlier one: an Engine that came back with less. What was read stays read.
      const most = Math.max(0, ...cuts, log.length);
      expect(inOrder(read)).toEqual(inOrder(log.slice(0, most)));
    }),
  ));

it('remembers a bounded number of lines of a flood, and still reads each of them once', () => {
  const progress = new LogProgress();
  const flood = Array.from({ length: 30_000 }, (_, index): LogLine => ({
    at: `2026-01-31T12:00:00.${String(index).padStart(9, '0')}Z`,
    stream: 'stdout',
    text: 'flood',
  }));
  progress.begins();
  expect(flood.slice(0, 25_000).filter((line) => progress.take(line))).toHaveLength(25_000);
  const { since = '' } = progress;
  const again = flood.filter(({ at }) => at >= since);
  expect(again.length).toBeLessThan(14_000);
  progress.begins();
  expect(again.filter((line) => progress.take(line))).toHaveLength(5_000);
});
