import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { CommandResult } from '../../src/ports/transport.js';
import { execWith, type ExecOptions } from '../../src/run/exec.js';
import { ExecLines } from '../../src/report/exec-lines.js';
import { memorySink, type LineSink } from '../../src/report/line-sink.js';
import { LiveReader } from '../../src/report/live.js';
import { OneLineReader } from '../../src/report/one-line.js';
import type { PlainOptions } from '../../src/report/plain.js';
import type { EventReader } from '../../src/events/bus.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

type Results = Readonly<Record<string, Partial<CommandResult>>>;

const exits = (code: number, stdout = '', stderr = ''): Partial<CommandResult> => ({
  outcome: { kind: 'exited', code },
  stdout,
  stderr,
});

const layout: PlainOptions = { verbosity: 0, diff: false, timestamps: false };

interface Setting {
  readonly hosts: number;
  readonly results?: Results;
  readonly secret?: Secret;
  readonly given?: Partial<ExecOptions>;
  /** Before it runs. */
  readonly prepare?: (stage: FleetStage) => void;
}

/** Runs a command on hosts of a fake world, as a reader tells it. */
async function tell(reader: EventReader, { hosts, results = {}, secret, given, prepare }: Setting) {
  const stage = new FleetStage({ hosts });
  stage.transport.when(({ host, options: { onOutput } }) => {
    const result = results[host.id];
    for (const stream of ['stdout', 'stderr'] as const) {
      // In pieces, as a network cuts them.
      for (const piece of result?.[stream]?.match(/[^]{1,5}/g) ?? []) onOutput?.(stream, piece);
    }
    return result;
  });
  prepare?.(stage);
  const { project, environment, extraVars } = deployOptions;
  const options = {
    project,
    environment,
    extraVars,
    groups: ['api'],
    argv: ['look'],
    become: false,
    ...given,
  };
  const world = await stage.ports();
  if (secret !== undefined) world.redaction.add(secret, 'a secret');
  const hooks = { ...stage.hooks, readers: [reader, ...stage.hooks.readers] };
  return stage.world.clock.run(execWith(world, options, hooks));
}

async function grouped(setting: Setting): Promise<readonly string[]> {
  const sink = memorySink();
  await tell(new ExecLines(sink, layout), setting);
  return sink.lines;
}

async function oneLine(setting: Setting) {
  const [sink, aside] = [memorySink(), memorySink()];
  await tell(new OneLineReader(sink, aside, layout), setting);
  return { lines: sink.lines, aside: aside.lines };
}

const alike = { 'i-1': exits(0, 'x86\n'), 'i-2': exits(0, 'x86\n'), 'i-3': exits(0, 'x86\n') };

describe('the results of exec', () => {
  it('are told once for all hosts that ended alike, with those that failed last', async () => {
    const results = {
      ...alike,
      'i-2': exits(7, '', 'no luck\n'),
      'i-4': exits(0, 'x86\n'),
      'i-5': exits(0, 'arm'),
    };
    const lines = await grouped({ hosts: 5, results });
    expect(lines.slice(1)).toEqual([
      'i-1, i-3, i-4 (3 hosts): exited with 0',
      '  | x86',
      'i-5: exited with 0',
      '  | arm',
      'i-2: exited with 7',
      '  | no luck',
      '',
      'Failed: exec of api in test, after 0 ms; nothing is held any more.',
    ]);
  });

  it('name neighbours in short', async () => {
    expect((await grouped({ hosts: 3, results: alike })).slice(1, 3)).toEqual([
      'i-[1:3] (3 hosts): exited with 0',
      '  | x86',
    ]);
  });

  it('tell why a host has none, each time with a way out where there is one', async () => {
    const lines = await grouped({
      hosts: 3,
      results: {
        'i-1': { outcome: { kind: 'unknown', reason: 'cut' }, record: 'none' },
        'i-2': { outcome: { kind: 'signalled', signal: 'SIGKILL' } },
      },
      prepare: (stage) => stage.host('i-3').lose(),
    });
    const text = lines.join('\n');
    expect(text).toMatch(
      /i-1: The command has an unknown outcome: cut; .*\n {2}It may have run, and it may still run/,
    );
    expect(text).toContain('i-2: The command was killed by SIGKILL');
    expect(text).toMatch(/i-3: .*connect/);
    // Told with their hosts, and not once more.
    expect(text).not.toContain('Error [');
  });

  it('hold no control characters of hosts', async () => {
    const lines = await grouped({ hosts: 2, results: { 'i-1': exits(0, 'a\u001b[2J\r\nb\u0007') } });
    expect(lines).toEqual(expect.arrayContaining(['  | a^[[2J', '  | b^G']));
  });

  it('of one host alone are told line by line as they come, and not again', async () => {
    const lines = await grouped({ hosts: 1, results: { 'i-1': exits(3, 'one\ntwo\nno end', 'alas\n') } });
    expect(lines.slice(1, 6)).toEqual(['  | one', '  | two', '  | alas', '  | no end', 'i-1: exited with 3']);
    expect(lines.join('\n').match(/two/g)).toHaveLength(1);
  });

  it('of one host alone hold no secret that comes in pieces', async () => {
    const secret = new Secret('s3cr3t-value');
    const lines = await grouped({ hosts: 1, secret, results: { 'i-1': exits(0, 'is s3cr3t-value here\n') } });
    expect(lines).toContain('  | is *** here');
    expect(lines.join('\n')).not.toMatch(/s3c|lue/);
  });

  it('of a host that was begun when the run was interrupted are not known', async () => {
    const lines = await grouped({
      hosts: 2,
      prepare: (stage) => {
        stage.transport.when(({ host }) => {
          if (host.id === 'i-2') stage.interrupt();
          return { stdout: 'x86\n' };
        });
      },
      given: { forks: 1 },
    });
    expect(lines.join('\n')).toMatch(/i-2: (was interrupted: how far|The command)/);
    expect(lines.at(-1)).toContain('Interrupted');
  });

  it('are waited for aloud: a log says which host takes long', async () => {
    const lines = await grouped({
      hosts: 3,
      prepare: ({ world }) => {
        world.calls.intercept = async ({ method, host }, proceed) => {
          if (method === 'runStep' && host !== 'i-1')
            await world.clock.sleep(host === 'i-2' ? 20_000 : 40_000);
          return proceed();
        };
      },
    });
    expect(lines.filter((line) => line.includes('working'))).toEqual([
      'i-2  working      look: still running (and 1 more, the longest for 15 s)',
      'i-3  working      look: still running (for 30 s)',
    ]);
    expect(lines).toContain('i-[1:3] (3 hosts): exited with 0 (at most 40 s)');
  });
});

describe('the results of exec, a line for each host', () => {
  it('are its exit code and its output, with nothing else beside them', async () => {
    const { lines, aside } = await oneLine({
      hosts: 2,
      results: { 'i-1': exits(0, 'one\ntwo\n'), 'i-2': exits(0) },
    });
    expect(lines.toSorted()).toEqual(['i-1 | 0 | one\\ntwo', 'i-2 | 0 | ']);
    expect(aside).toEqual([]);
  });

  it('say in a word why there is no exit code', async () => {
    const { lines, aside } = await oneLine({
      hosts: 3,
      results: {
        'i-1': { outcome: { kind: 'unknown', reason: 'cut' }, record: 'none', stdout: 'half' },
        'i-2': exits(7, '', 'no\n'),
      },
      prepare: (stage) => stage.host('i-3').lose(),
    });
    expect(lines.toSorted()).toEqual([
      expect.stringMatching(/^i-1 \| unknown \| The command has an unknown outcome: cut.*\\nhalf$/),
      'i-2 | 7 | no',
      expect.stringMatching(/^i-3 \| unreachable \| .*/),
    ]);
    expect(aside.at(-1)).toContain('Failed: exec of api');
  });
});

it('exec on a terminal keeps its results above the picture, and leaves them there', async () => {
  let text = '';
  const stream = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    }),
    { columns: 80, rows: 24 },
  );
  const lines = (sink: LineSink, options: PlainOptions): EventReader => new ExecLines(sink, options);
  await tell(new LiveReader(stream, { now: () => 0 }, { ...layout, lines }), { hosts: 3, results: alike });
  expect(text).toContain('i-[1:3] (3 hosts): exited with 0\n  | x86\n');
});
