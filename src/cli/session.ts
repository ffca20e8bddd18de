import { nobodyToAsk } from '../errors/ad-hoc.js';
import { AdfError, errorsOf } from '../errors/adf-error.js';
import type { Redaction } from '../events/redaction.js';
import type { Milliseconds } from '../model/duration.js';
import { exitOfSignal, type ExitCode, type RunResult } from '../model/run-result.js';
import { errorDocument } from '../events/event-json.js';
import type { RunHooks } from '../world/context.js';
import { isClosed } from './closed-outputs.js';
import { confirmMaintenance, confirmPlans, confirmRecovery, confirmTask, type Question } from './confirm.js';
import { whenCrashing } from './crash.js';
import { visibleText } from '../model/visible.js';
import { isLiveTerminal, openReaders, type ReaderOptions, type Readers } from './readers.js';
import { graceOnTerminal, graceWithoutTerminal, Interruption } from './signals.js';
import { TerminalPrompt } from './terminal-prompt.js';

export interface SessionOptions extends ReaderOptions {
  /** Ask before anything is changed, when there is a terminal to ask on. */
  readonly ask: boolean;
  /** Ask before each task too. Throws `ad_hoc.nobody_to_ask` without a terminal. */
  readonly step?: boolean;
  readonly grace?: Milliseconds;
  /** It only reads: a signal ends it, and there is nothing to say of that. */
  readonly onlyReads?: boolean;
  /** What the command itself writes to, besides `stream`: when its other end is closed, the run stops as well. */
  readonly listener?: NodeJS.WriteStream;
  /** Takes secrets out of what is thrown, before it is in a report. */
  readonly redaction?: Redaction;
}

/** For what prints a document of its own: progress beside it, and nothing to ask. */
export const onlyProgress = (stream: NodeJS.WriteStream): SessionOptions => ({
  stream,
  verbosity: 0,
  diff: false,
  timestamps: false,
  progressOnly: true,
  ask: false,
});

export interface Session {
  readonly hooks: RunHooks;
  /** The result as it passed the bus, without secrets. */
  readonly kept: () => RunResult | undefined;
}

/** The exit of a use case that gave up because of a signal; what is still held is told on the way. */
export class InterruptedRun extends Error {
  override readonly name = 'InterruptedRun';

  constructor(
    readonly exit: ExitCode,
    readonly held: readonly string[],
    override readonly cause: unknown,
  ) {
    super('interrupted');
  }
}

/** Runs one use case with its readers open, its signals heard, and all of it put back in order at the end. */
export async function inSession<T>(
  options: SessionOptions,
  go: (session: Session) => Promise<T>,
): Promise<T> {
  const readers = openReaders(options);
  const terminal = isLiveTerminal(options.stream) && process.stdin.isTTY;
  if (options.step === true && !terminal) throw nobodyToAsk();
  const interruption = new Interruption(process, {
    grace: options.grace ?? (terminal ? graceOnTerminal : graceWithoutTerminal),
    onRequest: (signal) => {
      if (options.onlyReads === true) return;
      const event = { at: Date.now(), type: 'signal.received', signal, second: false } as const;
      for (const reader of readers.all) reader.read(event);
    },
    exitNow: (name) => exitNow(readers, exitOfSignal(name)),
  });
  const forget = whenCrashing(() => heldLines(readers.holds.lines));
  const stopListening = [...new Set([options.stream, options.listener ?? options.stream])].map((stream) =>
    whenNobodyListens(stream, () => {
      if (options.onlyReads !== true)
        process.stderr.write('The output was closed: the run stops, as on SIGTERM.\n');
      interruption.hangUp();
    }),
  );
  try {
    return await go({
      hooks: {
        ...hooksOf(readers, interruption, options.ask && terminal ? options.stream : undefined),
        ...(options.step === true ? stepOn(options.stream, readers, interruption) : {}),
        ...promptOn(promptStream(options.stream), readers, interruption),
      },
      kept: () => readers.kept.result,
    });
  } catch (thrown) {
    if (readers.kept.result === undefined) {
      const told = options.redaction?.redact(thrown) ?? thrown;
      readers.failed(errorsOf(told).map(errorDocument));
    }
    throw explained(thrown, readers, interruption);
  } finally {
    for (const warning of await readers.close()) process.stderr.write(`Warning: ${visibleText(warning)}\n`);
    for (const stop of stopListening) stop();
    interruption.dispose();
    forget();
  }
}

/**
 * The other end of the pipe was closed (`| head`), or the terminal was. A disk that is full is none of that: a person still waits for the
 * run. Calls `then` once. Returns how to take that back.
 */
function whenNobodyListens(stream: NodeJS.WriteStream, then: () => void): () => void {
  const stopListening = (): unknown => stream.removeListener('error', onError);
  const onError = (error: Error): void => {
    if (!isClosed(error)) return;
    stopListening();
    then();
  };
  stream.on('error', onError);
  return stopListening;
}

const hooksOf = (
  readers: Readers,
  interruption: Interruption,
  output: NodeJS.WritableStream | undefined,
): RunHooks => {
  const hooks = { readers: readers.all, stop: interruption };
  if (output === undefined) return hooks;
  const question: Question = {
    pause: readers.pause,
    interrupt: () => interruption.interrupt(),
    signal: interruption.signal,
    output,
  };
  return {
    ...hooks,
    confirm: (plans) => confirmPlans(plans, question),
    confirmRecovery: (runs) => confirmRecovery(runs, question),
    confirmMaintenance: (report) => confirmMaintenance(report, question),
  };
};

const stepOn = (
  output: NodeJS.WritableStream,
  { hold }: Readers,
  interruption: Interruption,
): Pick<RunHooks, 'askTask'> => ({
  askTask: (name) =>
    confirmTask(name, {
      hold,
      interrupt: () => interruption.interrupt(),
      signal: interruption.signal,
      output,
    }),
});

/** Where a person can be asked, though what they asked for goes elsewhere: into a pipe, say. */
const promptStream = (stream: NodeJS.WriteStream): NodeJS.WriteStream | undefined =>
  process.stdin.isTTY ? [stream, process.stderr].find(isLiveTerminal) : undefined;

const promptOn = (
  output: NodeJS.WriteStream | undefined,
  { hold }: Readers,
  interruption: Interruption,
): Pick<RunHooks, 'prompt'> =>
  output === undefined
    ? {}
    : {
        prompt: new TerminalPrompt({
          hold,
          interrupt: () => interruption.interrupt(),
          signal: interruption.signal,
          output,
        }),
      };

/** A use case that gives up on a signal throws the signal's reason; the signal then decides the exit code. */
function explained(thrown: unknown, readers: Readers, interruption: Interruption): unknown {
  const name = interruption.name();
  if (name === undefined || !(thrown instanceof AdfError) || thrown.code !== 'run.interrupted') return thrown;
  const held = readers.holds.lines;
  return new InterruptedRun(held.length > 0 ? 5 : exitOfSignal(name), held, thrown);
}

function exitNow(readers: Readers, code: number): void {
  readers.pause();
  const held = readers.holds.lines;
  process.stderr.write(`Exiting at once.\n${heldLines(held)}`);
  process.exit(held.length > 0 ? 5 : code);
}

/** What a run that could not restore leaves behind, for people. */
export function heldLines(held: readonly string[]): string {
  if (held.length === 0) return 'Nothing is held.\n';
  return [
    '*** THESE HOSTS NEED A PERSON, they may still hold: ***',
    ...held.map((line) => `  ${line}`),
    'The next deploy of the group restores what it finds held before it begins.',
    '',
  ].join('\n');
}
