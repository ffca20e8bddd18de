import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/events/event.js';
import { memorySink, streamSink } from '../../src/report/line-sink.js';
import { PlainReader, type PlainOptions } from '../../src/report/plain.js';
import { hostsOf, recordRun } from './recorded-run.js';

const linesOf = (events: readonly Event[], options: Partial<PlainOptions> = {}): readonly string[] => {
  const sink = memorySink();
  const reader = new PlainReader(sink, { verbosity: 0, diff: false, timestamps: false, ...options });
  for (const event of events) reader.read(event);
  return sink.lines;
};

const [host] = hostsOf(1);
const taskEnded = (fields: object): Event =>
  ({
    at: 0,
    type: 'task.ended',
    host,
    task: { play: 'p', index: 0, name: 'Say', module: 'command' },
    status: 'changed',
    duration: 5,
    ...fields,
  }) as Event;

describe('plain lines', () => {
  it('carry host and task in every line that belongs to one', () => {
    const lines = linesOf(recordRun({ hosts: 4, failing: 2 }));
    expect(lines).toContain('api-1  changed      Drain: deregistered from api-http (40 s)');
    expect(lines).toContain(
      'api-3  failed       Wait until healthy: not healthy within 60 s: HTTP 503 (1 m)',
    );
    expect(lines).toContain('api-3  | unhealthy: no database');
    expect(lines).toContain('api-3  restored     it is as it was before');
  });

  it('hold no escape sequence', () => {
    // eslint-disable-next-line no-control-regex -- the escape character itself.
    expect(linesOf(recordRun({ hosts: 4, lost: 1 })).join('\n')).not.toMatch(/\u001b/);
  });

  it('make control characters from a host visible, so that it cannot steer a terminal', () => {
    const lines = linesOf([taskEnded({ output: 'a\u001b[2Jb\u0007\tc\n' })], { verbosity: 1 });
    expect(lines.at(-1)).toBe('api-1  | a^[[2Jb^G\tc');
  });

  it('show what commands printed only when asked, and always when they failed', () => {
    expect(linesOf([taskEnded({ output: 'hello' })]).join()).not.toContain('hello');
    expect(linesOf([taskEnded({ output: 'hello' })], { verbosity: 1 }).join()).toContain('| hello');
    expect(linesOf([taskEnded({ output: 'hello', status: 'failed' })]).join()).toContain('| hello');
  });

  it('show diffs only when asked', () => {
    expect(linesOf([taskEnded({ diff: '- a\n+ b' })]).join()).not.toContain('+ b');
    expect(linesOf([taskEnded({ diff: '- a\n+ b' })], { diff: true })).toContain('api-1  | + b');
  });

  it('keep quiet about skipped tasks unless asked for more', () => {
    expect(linesOf([taskEnded({ status: 'skipped' })])).toEqual([]);
    expect(linesOf([taskEnded({ status: 'skipped' })], { verbosity: 1 })).toHaveLength(1);
  });

  it('tell a long drain of 400 hosts in a few lines, not in one per host and look', () => {
    const events = recordRun({ hosts: 400 });
    const looks = events.filter(({ type }) => type === 'task.progress').length;

    const told = linesOf(events).filter((line) => line.includes('working'));

    expect(looks).toBeGreaterThan(3_000);
    expect(told.length).toBeLessThan(20);
    expect(told.at(-1)).toMatch(
      /^api-\d+ +working +Drain: draining \(and 298 more, the longest for \d+ s\)$/,
    );
  });

  it('begin with the time of day when asked', () => {
    expect(linesOf([taskEnded({})], { timestamps: true })[0]).toMatch(/^\d\d:\d\d:\d\d api-1 /);
  });

  it('tell hosts of one name apart', () => {
    const [one, two] = hostsOf(2).map((each) => ({ ...each, name: 'api' }));
    const lines = linesOf([
      { at: 0, type: 'play.started', play: 'p', hosts: [one!, two!] },
      taskEnded({ host: one }),
      taskEnded({ host: two }),
    ]);
    expect(lines[1]).toContain(`api (${one!.id})`);
    expect(lines[2]).toContain(`api (${two!.id})`);
  });

  it('tell a reason to wait once', () => {
    const waiting: Event = { at: 0, type: 'batch.waiting', play: 'p', batch: 2, reason: 'floor' };
    expect(linesOf([waiting, waiting, waiting])).toEqual(['Batch 2 waits: floor']);
  });

  it('tell until when something is waited for, by the clock of this machine', () => {
    const [host] = hostsOf(1);
    const until = new Date(2026, 10, 28, 21, 5, 10).getTime();
    const waiting = {
      at: 0,
      type: 'blip.waiting',
      source: 'connection',
      until,
      reason: 'no answer',
    } as const;
    expect(linesOf([{ ...waiting, host: host! }])[0]).toContain(
      'Waiting until 21:05:10 at the latest: no answer',
    );
    expect(linesOf([{ ...waiting, source: 'cloud' }])).toEqual([
      'Waiting until 21:05:10 at the latest: no answer',
    ]);
  });

  it('write nothing more when there is no reader any more, and never throw', () => {
    const written: string[] = [];
    let fail: (error: Error) => void = () => undefined;
    const sink = streamSink({
      write: (text) => written.push(text) > 0,
      on: (_event, listener) => {
        fail = listener;
      },
    });
    sink.write('one');
    fail(new Error('EPIPE'));
    sink.write('two');
    expect(written).toEqual(['one\n']);
  });
});
