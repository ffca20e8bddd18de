import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { CommandResult, Outcome, RunOptions } from '../ports/transport.js';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Announcement, type CommandInput } from './command-line.js';
import { Output } from './output.js';
import type { Exit, RunningProcess } from './running-process.js';

/** After the exit, output may still be under way; a child in the background may keep the stream open for ever. */
const drain: { readonly quiet: Milliseconds; readonly atMost: Milliseconds } = { quiet: 500, atMost: 5_000 };

const announcementTime: Milliseconds = 2_000;

/**
 * Waits for a process to end and gathers what it wrote. It ends at its exit and not when its output is closed.
 * A timeout or an abort ends the process, and waits for that.
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
  },
): Promise<CommandResult> {
  const started = clock.elapsed();
  const stdout = new Output();
  const stderr = new Output();
  const announcement = new Announcement();
  let lastOutput = started;
  const take = (stream: 'stdout' | 'stderr', output: Output, text: string): void => {
    if (text === '') return;
    output.add(text);
    options.onOutput?.(stream, text);
  };
  process.stdout.on('data', (chunk: Buffer) => {
    lastOutput = clock.elapsed();
    take('stdout', stdout, stdout.decode(chunk));
  });
  process.stderr.on('data', (chunk: Buffer) => {
    lastOutput = clock.elapsed();
    take('stderr', stderr, announcement.read(stderr.decode(chunk)));
  });
  process.stdin.on('error', () => {
    // It ended without reading all of its input, which is its own affair.
  });

  const over = new AbortController();
  let exit: Exit | undefined;
  const exited = process.exited.then((how) => void (exit = how));
  feed(process.stdin, options.input);

  const stopped = await Promise.race([
    Promise.race([exited, process.closed]).then(() => undefined),
    expiry(clock, options.timeout, over.signal),
    aborted(options.signal, over.signal),
  ]);
  if (stopped === undefined) {
    if (exit !== undefined) await drained();
  } else {
    // It may be that the command began, and that its number is still under way.
    const gone = Promise.race([exited, process.closed]);
    const late = clock.sleep(announcementTime, over.signal).catch(() => undefined);
    await options.terminate((await Promise.race([announcement.pid, gone, late])) ?? undefined);
  }
  over.abort();
  process.close();
  take('stderr', stderr, announcement.end());
  return {
    outcome: stopped ?? exit ?? unknown(options.whyLost()),
    stdout: stdout.toString(),
    stderr: stderr.toString(),
    duration: clock.elapsed() - started,
    truncated: stdout.truncated || stderr.truncated,
  };

  async function drained(): Promise<void> {
    const until = clock.elapsed() + drain.atMost;
    lastOutput = clock.elapsed();
    let all = false;
    const everything = process.closed.then(() => (all = true));
    const ended = (): boolean => all || clock.elapsed() >= Math.min(until, lastOutput + drain.quiet);
    while (!ended())
      await Promise.race([everything, clock.sleep(drain.quiet, over.signal).catch(() => undefined)]);
  }
}

function feed(stdin: Writable, input: CommandInput | undefined): void {
  if (input === undefined || input instanceof Uint8Array) stdin.end(input);
  else void pipeline(input, stdin).catch(() => undefined);
}

const unknown = (whyLost: string | undefined): Outcome => ({
  kind: 'unknown',
  reason:
    whyLost === undefined ? 'its session ended without telling how' : `the connection was lost: ${whyLost}`,
});

async function expiry(
  clock: Clock,
  timeout: Milliseconds | undefined,
  over: AbortSignal,
): Promise<Outcome | undefined> {
  if (timeout === undefined) return new Promise(() => undefined);
  return clock.sleep(timeout, over).then(
    () => ({ kind: 'timed_out' }) as const,
    () => undefined,
  );
}

function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const cancel = (): void => resolve({ kind: 'cancelled' });
    if (signal?.aborted === true) cancel();
    signal?.addEventListener('abort', cancel, { once: true, signal: over });
  });
}
