import type { EventReader } from '../events/bus.js';
import type { ResultError } from '../model/run-result.js';
import { chooseGlyphs } from '../report/glyphs.js';
import { JUnitReader } from '../report/junit.js';
import { ExecLines } from '../report/exec-lines.js';
import { streamSink, type LineSink } from '../report/line-sink.js';
import { LiveReader } from '../report/live.js';
import { NdjsonReader } from '../report/ndjson.js';
import { OneLineReader } from '../report/one-line.js';
import { OpenHolds } from '../report/open-holds.js';
import { choosePalette } from '../report/palette.js';
import { PlainReader, type PlainOptions } from '../report/plain.js';
import { ReportFile } from '../report/report-file.js';
import { ResultKeeper } from '../report/result-keeper.js';

export interface ReaderOptions {
  /** Where people look: stdout, or stderr when stdout carries a document. */
  readonly stream: NodeJS.WriteStream;
  readonly verbosity: number;
  readonly diff: boolean;
  /** How the results of `exec` are told; absent of all other commands. */
  readonly results?: 'grouped' | 'one_line';
  readonly timestamps: boolean;
  readonly events?: string;
  readonly junit?: string;
  /** Leave the plan and the recap to the command itself. */
  readonly progressOnly: boolean;
}

/** The readers of one run. */
export interface Readers {
  /** For the bus. */
  readonly all: readonly EventReader[];
  readonly holds: OpenHolds;
  readonly kept: ResultKeeper;
  /** Takes the live view away for a question. */
  readonly pause: () => void;
  /** Takes it away for a question that is asked while the run goes on, until the function that it gives is called. */
  readonly hold: () => () => void;
  /** Tells the JUnit report of what was thrown before there was a result. */
  readonly failed: (errors: readonly ResultError[]) => void;
  /** Leaves the terminal as it was, finishes the files, and says which of them are not complete. */
  readonly close: () => Promise<readonly string[]>;
}

/** Opens what the flags ask for. Throws `cli.report_file` while nothing has been changed yet. */
export function openReaders(options: ReaderOptions): Readers {
  const files = {
    events: options.events === undefined ? undefined : new ReportFile(options.events, '--events'),
    junit: options.junit === undefined ? undefined : new ReportFile(options.junit, '--junit'),
  };
  const junit = files.junit === undefined ? undefined : new JUnitReader(files.junit);
  const { reader: people, pause, hold } = readerForPeople(options);
  const [holds, kept] = [new OpenHolds(), new ResultKeeper()];
  const all: readonly EventReader[] = [
    holds,
    kept,
    ...(files.events === undefined ? [] : [new NdjsonReader(files.events)]),
    ...(junit === undefined ? [] : [junit]),
    options.progressOnly ? withoutViews(people) : people,
  ];
  return {
    // They are closed here and not by the bus: what a use case throws is told after its bus was closed.
    all: all.map((reader) => ({ read: (event) => reader.read(event) })),
    holds,
    kept,
    pause,
    hold,
    failed: (errors) => junit?.failed(errors),
    async close() {
      await Promise.all(all.map(async (reader) => reader.close?.()));
      return Object.values(files).flatMap((file) =>
        file?.failure === undefined ? [] : [`${file.path} is not complete: ${file.failure}`],
      );
    },
  };
}

function readerForPeople(options: ReaderOptions): {
  readonly reader: EventReader;
  readonly pause: () => void;
  readonly hold: () => () => void;
} {
  const { stream, verbosity, diff, results } = options;
  const palette = choosePalette(stream.isTTY, process.env);
  const shared = { palette, verbosity, diff };
  if (isLiveTerminal(stream) && stream.columns > 0) {
    const live = new LiveReader(
      stream,
      { now: () => Date.now() },
      {
        ...shared,
        glyphs: chooseGlyphs(process.env),
        ...(results === undefined
          ? {}
          : {
              lines: (sink: LineSink, layout: PlainOptions) => readerOfResults(results, sink, sink, layout),
            }),
      },
    );
    return { reader: live, pause: () => live.pause(), hold: () => live.hold() };
  }
  const sink = streamSink(stream);
  const layout = { ...shared, timestamps: options.timestamps };
  const plain =
    results === undefined
      ? new PlainReader(sink, layout)
      : readerOfResults(results, sink, results === 'one_line' ? streamSink(process.stderr) : sink, layout);
  return { reader: plain, pause: () => undefined, hold: () => () => undefined };
}

/** `sink` gets the results of hosts, `aside` everything else. */
const readerOfResults = (
  results: NonNullable<ReaderOptions['results']>,
  sink: LineSink,
  aside: LineSink,
  layout: PlainOptions,
): EventReader =>
  results === 'grouped' ? new ExecLines(sink, layout) : new OneLineReader(sink, aside, layout);

/**
 * A terminal with a person at it, and not the log of a build server that pretends to be one. Where nobody said how wide it is
 * (`docker exec -t`), it says 0, and nothing can be repainted there.
 */
export const isLiveTerminal = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY && process.env['TERM'] !== 'dumb' && (process.env['CI'] ?? '') === '';

/** For commands that print the plan or the result themselves. */
const withoutViews = (reader: EventReader): EventReader => ({
  read(event) {
    if (event.type !== 'plan.made' && event.type !== 'run.ended') reader.read(event);
  },
  close: async () => reader.close?.(),
});
