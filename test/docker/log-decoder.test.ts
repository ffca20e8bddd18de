import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LogBuffer } from '../../src/lab/docker-engine/log-buffer.js';
import { LogDecoder, longestLine } from '../../src/docker/log-decoder.js';
import type { LogLine } from '../../src/ports/container-logs.js';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.integer({ min: 16_370, max: 50_000 }).map((length) => 'ab'.repeat(length / 2)),
  fc.constant('2026-01-31T12:00:00.000000000Z not the time'),
  fc.constant(''),
);
const written = fc.array(
  fc.record({
    stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    text: text.map((one) => one.replace(/[\r\n]/g, '')),
  }),
  { maxLength: 12 },
);

/** The same bytes in pieces of these lengths. */
function decoded(bytes: Buffer, lengths: readonly number[]): LogLine[] {
  const decoder = new LogDecoder();
  const lines: LogLine[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    lines.push(...decoder.write(bytes.subarray(at, at + length)));
    at += length;
  }
  return [...lines, ...decoder.end()];
}

it.each([false, true])(
  'gives the lines of a log however it was cut on the way; with a terminal: %s',
  (tty) => {
    fc.assert(
      fc.property(
        written,
        fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 5 }),
        (lines, lengths) => {
          const log = new LogBuffer(tty);
          for (const line of lines) log.write(line.stream, `${line.text}\n`);
          const bytes = log.read({ streams: ['stdout', 'stderr'], timestamps: true });

          const read = decoded(bytes, lengths);

          expect(read.map((line) => [line.stream, line.text])).toEqual(
            lines.map((line) => [tty ? 'stdout' : line.stream, line.text]),
          );
          const times = read.map(({ at }) => at);
          expect(times).toEqual(times.toSorted());
          for (const at of times) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
        },
      ),
      { numRuns: 60 },
    );
  },
);

it.each([false, true])(
  'cuts a line at its bound, between characters, and says how much; terminal: %s',
  (tty) => {
    const log = new LogBuffer(tty);
    const long = '€'.repeat(100_000);
    log.write('stdout', `${long}\nnext\n`);
    const [first, second] = decoded(log.read({ streams: ['stdout'], timestamps: true }), [4_096]);

    expect(Buffer.byteLength(first?.text ?? '')).toBeLessThanOrEqual(longestLine);
    expect(first?.text).toMatch(/^€+$/);
    expect(Buffer.byteLength(first?.text ?? '') + (first?.cut ?? 0)).toBe(300_000 + (tty ? 1 : 0));
    expect(second).toMatchObject({ text: 'next' });
  },
);

it('takes a line without its end, when the log has ended', () => {
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 35]);
  const body = Buffer.from('2026-01-31T12:00:00.000000001Z half'.padEnd(35));
  expect(decoded(Buffer.concat([head, body]), [3])).toEqual([
    { at: '2026-01-31T12:00:00.000000001Z', stream: 'stdout', text: 'half' },
  ]);
});
