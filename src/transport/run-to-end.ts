import type { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { AdfError } from '../errors/adf-error.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { CommandResult, Outcome, RunOptions } from '../ports/transport.js';
import { Announcement } from './announcement.js';
import { ChunkFeed } from './chunk-feed.js';
import type { CommandInput } from './command-line.js';
import { Output } from './output.js';
import type { Exit, RunningProcess } from './running-process.js';

/**
 * Gives a command its input, read no faster than the command takes it, and its end. Resolves as soon as there is no reader any more: a
 * command may well end without having read all. Rejects with the input's own error; the command is not told an end then,
 * which it would take for that of a whole input.
 */
async function feed(stdin: Writable, input: CommandInput | undefined, over: AbortSignal): Promise<void> {
  if (input === undefined || input instanceof Uint8Array) {
    stdin.end(input);
    return;
  }
  const deaf = noLongerRead(stdin, over);
  const pieces = input[Symbol.asyncIterator]();
  for (;;) {
    const next = pieces.next();
    // Looked at in the race as well; this one is for when the race is over.
    next.catch(() => undefined);
    const piece = await Promise.race([next, deaf]);
    if (piece === undefined) {
      // Not waited for: it may be in the middle of reading something that never comes.
      void Promise.resolve(pieces.return?.()).catch(() => undefined);
      return;
    }
    if (piece.done === true) {
      stdin.end();
      return;
    }
    if (!stdin.write(piece.value)) await Promise.race([drained(stdin), deaf]);
  }
}

const drained = (stdin: Writable): Promise<void> =>
  new Promise((resolve) => stdin.once('drain', () => resolve()));

const noLongerRead = (stdin: Writable, over: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    const stop = (): void => resolve(undefined);
    if (over.aborted || stdin.destroyed) stop();
    stdin.once('close', stop);
    stdin.once('error', stop);
    over.addEventListener('abort', stop, { once: true });
  });

/** After the exit, output may still be under way; a child in the background may keep the stream open for ever. */
const drain: { readonly quiet: Milliseconds; readonly atMost: Milliseconds } = { quiet: 500, atMost: 5_000 };

const announcementTime: Milliseconds = 2_000;

/** Why a process is ended before its time: the outcome that this is, or what is thrown then. */
type Stop =
  | Outcome
  | { readonly kind: 'broken'; readonly reason: unknown }
  | { readonly kind: 'refused'; readonly reason: AdfError };

/** How a process ended. */
interface Ended {
  readonly result: CommandResult;
  /** It said that it runs the command: without that the output is that of something else. */
  readonly hasBegun: boolean;
}

/** Of what is said before a command begins, so much is looked at. */
const mostWords = 4_096;

/**
 * Waits for a process to end and gathers what it wrote. It ends at its exit and not when its output is closed.
 * A timeout or an abort ends the process, and waits for that; so does a failure of the stream that is its stdin, or of whoever takes
 * its stdout, which is then thrown.
 */
export async function runToEnd(
  process: RunningProcess,
  clock: Clock,
  options: RunOptions & {
    readonly input?: CommandInput;
    /** Ends the process and its children; resolves when that was done or given up. `pid` is the announced one. */
    readonly terminate: (pid: number | undefined) => Promise<void>;
    /** Why it could close without an exit. */
    readonly whyLost: () => string | undefined;
    /**
     * What the other end says instead of running the command means that it never will: then it is not waited for, and this error is thrown. Asked with
     * all that was said so far.
     */
    readonly refusalIn?: (words: string) => AdfError | undefined;
  },
): Promise<Ended> {
  const started = clock.elapsed();
  const stdout = new Output(options.spill?.('stdout'));
  const stderr = new Output(options.spill?.('stderr'));
  const announcement = new Announcement();
  let lastOutput = started;
  const keeping = (
    stream: 'stdout' | 'stderr',
    output: Output,
  ): ((chunk: Buffer) => void | Promise<void>) => {
    const decoder = new StringDecoder('utf8');
    return (chunk) => {
      options.onOutput?.(stream, decoder.write(chunk));
      return output.add(chunk);
    };
  };
  const keepStderr = keeping('stderr', stderr);
  const stdoutTaker = new ChunkFeed(process.stdout, options.toStdout ?? keeping('stdout', stdout));
  const stderrTaker = new ChunkFeed(process.stderr, (chunk) => {
    const own = announcement.read(chunk);
    return own.length === 0 ? undefined : keepStderr(own);
  });
  const takers = [stdoutTaker, stderrTaker];
  let words = '';
  let refuse: (stop: Stop) => void = () => undefined;
  const refused = new Promise<Stop>((resolve) => (refuse = resolve));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      lastOutput = clock.elapsed();
      if (announcement.hasCome || words.length > mostWords) return;
      words += chunk.toString('latin1');
      const reason = options.refusalIn?.(words);
      if (reason !== undefined) refuse({ kind: 'refused', reason });
    });
  }
  process.stdin.on('error', () => {
    // It ended without reading all of its input, which is its own affair.
  });

  const over = new AbortController();
  let exit: Exit | undefined;
  const exited = process.exited.then((how) => void (exit = how));
  const stops: Promise<Stop>[] = [
    expiry(clock, options.timeout, over.signal),
    aborted(options.signal, over.signal),
    refused,
    ...takers.map(({ failed }) => failure(failed)),
  ];
  const fed = feed(process.stdin, options.input, over.signal);
  const gone = Promise.race([exited, process.closed]).then(() => undefined);
  let stopped = await Promise.race([gone, ...stops, failure(fed)]);
  if (stopped === undefined) {
    // It has ended: only who takes its stdout, and is still at work, can be stopped.
    stopped = await Promise.race([rest(), ...(options.toStdout === undefined ? [] : stops)]);
  } else if (stopped.kind !== 'refused') {
    // It may be that the command began, and that its number is still under way.
    const late = clock.sleep(announcementTime, over.signal).catch(() => undefined);
    await options.terminate((await Promise.race([announcement.pid, gone, late])) ?? undefined);
  }
  over.abort();
  for (const taker of takers) taker.stop();
  process.close();
  // The receiver of its stdout may never return; what is kept here is written to the end.
  if (stopped === undefined || options.toStdout === undefined) await stdoutTaker.idle();
  await stderrTaker.idle();
  const lastWords = announcement.end();
  if (lastWords.length > 0) await keepStderr(lastWords);
  await Promise.all([stdout.end(), stderr.end()]);
  if (stopped?.kind === 'broken' || stopped?.kind === 'refused') throw stopped.reason;
  const files = filesOf(stdout, stderr);
  const result: CommandResult = {
    outcome: stopped ?? exit ?? unknown(options.whyLost()),
    stdout: stdout.toString(),
    stderr: stderr.toString(),
    duration: clock.elapsed() - started,
    truncated: stdout.truncated || stderr.truncated,
    ...defined({ files, record: announcement.answer }),
  };
  return { result, hasBegun: announcement.hasCome };

  /** Resolves when the rest of its output is here, and taken. */
  async function rest(): Promise<Stop | undefined> {
    if (exit !== undefined) await drained();
    for (const taker of takers) await taker.idle();
    const broken = takers.find((taker) => taker.failure !== undefined)?.failure;
    return broken === undefined ? undefined : { kind: 'broken', ...broken };
  }

  async function drained(): Promise<void> {
    let until = clock.elapsed() + drain.atMost;
    lastOutput = clock.elapsed();
    let all = false;
    const everything = process.closed.then(() => (all = true));
    const ended = (): boolean => all || clock.elapsed() >= Math.min(until, lastOutput + drain.quiet);
    while (!ended()) {
      await Promise.race([everything, clock.sleep(drain.quiet, over.signal).catch(() => undefined)]);
      // What comes out only as fast as it is taken is not late.
      if (takers.some(({ busy }) => busy)) until = (lastOutput = clock.elapsed()) + drain.atMost;
      if (over.signal.aborted) return;
    }
  }
}

function filesOf({ file: stdout }: Output, { file: stderr }: Output): CommandResult['files'] {
  if (stdout === undefined && stderr === undefined) return undefined;
  return { ...defined({ stdout, stderr }) };
}

const unknown = (whyLost: string | undefined): Outcome => ({
  kind: 'unknown',
  reason:
    whyLost === undefined ? 'its session ended without telling how' : `the connection was lost: ${whyLost}`,
});

/** Resolves with the reason when `work` fails; never when it succeeds. */
const failure = (work: Promise<unknown>): Promise<Stop> =>
  new Promise((resolve) => {
    work.catch((reason: unknown) => resolve({ kind: 'broken', reason }));
  });

async function expiry(clock: Clock, timeout: Milliseconds | undefined, over: AbortSignal): Promise<Outcome> {
  if (timeout === undefined) return new Promise(() => undefined);
  return clock.sleep(timeout, over).then(
    () => ({ kind: 'timed_out' }) as const,
    () => new Promise(() => undefined),
  );
}

function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const cancel = (): void => resolve({ kind: 'cancelled' });
    if (signal?.aborted === true) cancel();
    signal?.addEventListener('abort', cancel, { once: true, signal: over });
  });
}
