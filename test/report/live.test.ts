import { Writable } from 'node:stream';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { asciiGlyphs, chooseGlyphs, unicodeGlyphs } from '../../src/report/glyphs.js';
import { HostLabels } from '../../src/report/host-labels.js';
import { LiveReader } from '../../src/report/live.js';
import { renderFrame } from '../../src/report/live-frame.js';
import { LiveState } from '../../src/report/live-state.js';
import { choosePalette, plainPalette } from '../../src/report/palette.js';
import { hostsOf, recordRun } from './recorded-run.js';

const screen = (columns: number, rows: number, hosts: number) => {
  const labels = new HostLabels();
  labels.learn(hostsOf(hosts));
  return { columns, rows, palette: plainPalette, glyphs: unicodeGlyphs, labels };
};

class Terminal extends Writable {
  readonly columns = 80;
  readonly rows = 24;
  text = '';
  broken = false;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.broken) {
      done(new Error('EIO'));
      return;
    }
    this.text += chunk.toString();
    done();
  }
}

describe('the live view', () => {
  it.each([
    [80, 24, 4],
    [200, 50, 400],
    [40, 10, 400],
    [20, 6, 400],
  ])(
    'fits a terminal of %i columns and %i rows at every moment of a run over %i hosts',
    (columns, rows, hosts) => {
      const state = new LiveState();
      const view = screen(columns, rows, hosts);
      for (const [index, event] of recordRun({ hosts, failing: 2, lost: 1 }).entries()) {
        state.apply(event);
        if (index % 37 !== 0) continue;
        const lines = renderFrame(state, event.at, view);
        for (const line of lines) expect(stringWidth(line)).toBeLessThan(columns);
        expect(lines.length).toBeLessThanOrEqual(Math.max(rows, 6));
      }
    },
  );

  it('shows what each host at work is doing, and counts the others', () => {
    const state = new LiveState();
    const events = recordRun({ hosts: 4 });
    const end = events.findIndex((event) => event.type === 'batch.started' && event.batch === 3);
    const soon = events.slice(0, end + 20);
    for (const event of soon) state.apply(event);

    const text = renderFrame(state, soon.at(-1)!.at, screen(120, 30, 4)).join('\n');

    expect(text).toContain('deploy api in lab · api v2 bbbbbbbbbbbb');
    expect(text).toContain('Batch 3 of 3');
    expect(text).toMatch(/▸ api-3 {2}Drain {2}\d+ s {2}draining/);
    expect(text).toContain('4 hosts: 2 done · 2 at work');
  });

  it('shows how far a pull is', () => {
    const state = new LiveState();
    const events = recordRun({ hosts: 2 });
    const half = events.findIndex(
      (event) => event.type === 'task.progress' && event.done === 72_000_000 * 0.4,
    );
    for (const event of events.slice(0, half + 1)) state.apply(event);

    const text = renderFrame(state, events[half]!.at, screen(120, 30, 2)).join('\n');

    expect(text).toContain('████████░░░░░░░░░░░░ 28.8 MB of 72.0 MB');
  });

  it('leaves nothing of its picture when it ends, and gives the recap as ordinary lines', async () => {
    const terminal = new Terminal();
    const reader = new LiveReader(terminal, { now: () => 0 }, { verbosity: 0, diff: false });

    for (const event of recordRun({ hosts: 4 })) reader.read(event);
    await reader.close();

    expect(terminal.text.trimEnd().endsWith('Converged: deploy of api in lab, 4 hosts, 3 m 32 s.')).toBe(
      true,
    );
    const count = (sequence: string): number =>
      terminal.text.split(`${String.fromCharCode(27)}${sequence}`).length;
    expect(count('[?25l')).toBe(count('[?25h'));
    expect(terminal.listenerCount('resize')).toBe(0);
  });

  it('keeps its lines back while a question stands, and shows them all after it', () => {
    const terminal = new Terminal();
    const reader = new LiveReader(terminal, { now: () => 0 }, { verbosity: 0, diff: false });
    const events = recordRun({ hosts: 4 }).filter(({ type }) => type !== 'run.ended');
    const middle = Math.floor(events.length / 2);
    for (const event of events.slice(0, middle)) reader.read(event);

    const release = reader.hold();
    const before = terminal.text;
    for (const event of events.slice(middle)) reader.read(event);
    expect(terminal.text).toBe(before);
    release();

    const whole = new Terminal();
    const undisturbed = new LiveReader(whole, { now: () => 0 }, { verbosity: 0, diff: false });
    for (const event of events) undisturbed.read(event);
    const linesOf = (text: string): readonly string[] =>
      text.split('\n').flatMap((line) => line.match(/[\w ()·]{8,}/g) ?? []);
    expect(linesOf(whole.text).filter((line) => !terminal.text.includes(line))).toEqual([]);
    expect(terminal.text.length).toBeGreaterThan(before.length);
    for (const view of [reader, undisturbed]) view.stop();
  });

  it('goes on without a sound when the terminal goes away', async () => {
    const terminal = new Terminal();
    const reader = new LiveReader(terminal, { now: () => 0 }, { verbosity: 0, diff: false });
    const events = recordRun({ hosts: 4 });

    reader.read(events[0]!);
    terminal.broken = true;
    for (const event of events.slice(1)) reader.read(event);

    await expect(reader.close()).resolves.toBeUndefined();
  });

  it('is drawn in ASCII where the locale is not UTF-8', () => {
    expect(chooseGlyphs({ LANG: 'en_US.UTF-8' })).toBe(unicodeGlyphs);
    expect(chooseGlyphs({ LANG: 'en_US.UTF-8', LC_ALL: 'C' })).toBe(asciiGlyphs);
    expect(chooseGlyphs({})).toBe(asciiGlyphs);
    expect(JSON.stringify(asciiGlyphs)).toMatch(/^[ -~]*$/);
  });

  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
  ])('has colours: terminal %s, %o: %s', (terminal, environment, coloured) => {
    expect(choosePalette(terminal, environment).red('x') !== 'x').toBe(coloured);
  });
});
