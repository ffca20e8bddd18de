import fc from 'fast-check';
import { expect, it } from 'vitest';
import { logTimeOf } from '../../../src/model/log-time.js';
import { LogMerge } from '../../../src/operate/logs/log-merge.js';
import { FakeClock } from '../../fakes/fake-clock.js';

interface Line {
  readonly at: string;
  readonly text: string;
}

const window = 400;

/** A stream: the pauses before its lines, and how late each of them comes. */
const streams = fc.array(
  fc.array(fc.record({ pause: fc.integer({ min: 0, max: 300 }), late: fc.integer({ min: 0, max: 900 }) }), {
    maxLength: 40,
  }),
  { minLength: 1, maxLength: 6 },
);

/** Lets each stream bring its lines when they come, and gives what the merge made of them. */
async function merged(
  given: readonly (readonly { pause: number; late: number }[])[],
  isLive: boolean,
): Promise<{ lines: Line[]; all: Line[]; most: number; lateness: Map<string, number> }> {
  const clock = new FakeClock({ epoch: 0 });
  const merge = new LogMerge<Line>(clock, window);
  const all: Line[] = [];
  const lateness = new Map<string, number>();
  const bring = given.map(async (stream, index) => {
    const input = merge.add();
    if (isLive) input.live();
    let printed = 0;
    for (const [number, { pause, late }] of stream.entries()) {
      printed += pause;
      const line = { at: logTimeOf(printed), text: `${index}/${number}` };
      all.push(line);
      const wait = printed + (isLive ? late : late / 10) - clock.elapsed();
      if (wait > 0) await clock.sleep(wait);
      lateness.set(line.text, clock.elapsed() - printed);
      await input.push(line);
    }
    input.end();
  });
  const lines: Line[] = [];
  let most = 0;
  const take = async (): Promise<void> => {
    for (;;) {
      most = Math.max(most, merge.waiting);
      const line = await merge.next();
      if (line === undefined) return;
      lines.push(line);
    }
  };
  await clock.run(Promise.all([take(), ...bring]));
  return { lines, all, most, lateness };
}

const inOrder = (lines: readonly Line[]): readonly string[] => lines.map(({ text }) => text).toSorted();

it('sorts what happened before, whatever the delays, and loses and repeats nothing', () =>
  fc.assert(
    fc.asyncProperty(streams, async (given) => {
      const { lines, all, most } = await merged(given, false);

      expect(inOrder(lines)).toEqual(inOrder(all));
      expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted());
      expect(most).toBeLessThanOrEqual(given.length * 256);
    }),
    { numRuns: 60 },
  ));

it('sorts what happens now within the window, and loses and repeats nothing', () =>
  fc.assert(
    fc.asyncProperty(streams, async (given) => {
      const { lines, all, lateness } = await merged(given, true);

      expect(inOrder(lines)).toEqual(inOrder(all));
      let newest = '';
      for (const { at, text } of lines) {
        // Only one that came later than the window may stand behind a newer one.
        if (at < newest) expect(lateness.get(text)).toBeGreaterThan(window);
        if (at > newest) newest = at;
      }
    }),
    { numRuns: 60 },
  ));

it('keeps the order of each stream', () =>
  fc.assert(
    fc.asyncProperty(streams, fc.boolean(), async (given, isLive) => {
      const { lines } = await merged(given, isLive);
      for (const [index] of given.entries()) {
        const own = lines.flatMap(({ text }) => {
          const [stream, number] = text.split('/').map(Number);
          return stream === index ? [number] : [];
        });
        expect(own).toEqual(own.toSorted((a = 0, b = 0) => a - b));
      }
    }),
    { numRuns: 30 },
  ));

it('holds no more than a bounded number of lines, and no more than a bounded length, of one that nobody reads', async () => {
  for (const [text, atMost] of [
    ['x', 256],
    ['y'.repeat(65_536), 4],
  ] as const) {
    const merge = new LogMerge<Line>(new FakeClock(), window);
    const other = merge.add();
    const input = merge.add();
    let pushed = 0;
    void (async () => {
      for (; pushed < 10_000; pushed += 1) await input.push({ at: logTimeOf(pushed), text });
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(merge.waiting).toBe(atMost);

    other.end();
    await merge.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(merge.waiting).toBe(atMost);
  }
});

it('waits for an input that is yet to come, and ends when none can come any more', async () => {
  const merge = new LogMerge<Line>(new FakeClock(), window);
  const noMore = merge.keepOpen();
  const next = merge.next();
  const input = merge.add();
  await input.push({ at: logTimeOf(0), text: 'first' });
  input.end();
  expect(await next).toMatchObject({ text: 'first' });
  const last = merge.next();
  noMore();
  expect(await last).toBeUndefined();
});

it('stops at once when it is told to', async () => {
  const merge = new LogMerge<Line>(new FakeClock(), window);
  merge.add();
  const stop = new AbortController();
  const next = merge.next(stop.signal);
  stop.abort(new Error('stopped'));
  await expect(next).rejects.toThrow('stopped');
});
