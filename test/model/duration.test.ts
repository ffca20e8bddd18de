import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/model/duration.js';

describe('a duration', () => {
  it.each<[string | number, number]>([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['2d', 172_800_000],
    ['1m500ms', 60_500],
    [' 10s ', 10_000],
    ['90', 90_000],
    [90, 90_000],
    [0.5, 500],
    [0, 0],
    ['0s', 0],
  ])('reads %j', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each<string | number>(['', 's', '5x', '5 m', '-5s', -5, Number.NaN, Infinity, '1e3s', '5m!', 'default'])(
    'is not %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [999.6, '1 s'],
    [59_960, '1 m'],
    [4_200, '4.2 s'],
    [30_000, '30 s'],
    [60_000, '1 m'],
    [330_000, '5 m 30 s'],
    [3_600_000, '1 h'],
    [3_900_000, '1 h 5 m'],
  ])('of %i ms is shown as people read it', (duration, text) => {
    expect(formatDuration(duration)).toBe(text);
  });

  it('of whole seconds is never shown in a unit too small, nor as nothing', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (seconds) => {
        expect(formatDuration(seconds * 1_000)).toMatch(/^(0 ms|\d+ [hms]( \d+ [ms])?)$/);
        expect(formatDuration(seconds * 1_000)).not.toMatch(/\b60 [sm]\b/);
      }),
    );
  });
});
