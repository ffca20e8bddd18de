import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';

/** Between two attempts: the first pause, doubled each time up to the longest. */
const pauses = { first: 500, longest: 5_000 } as const;

/** The pause after the attempt of this number (from 1), spread by half of it both ways, so that those who wait come back one by one. */
export function retryPause(attempt: number, random: Random): Milliseconds {
  const pause = Math.min(pauses.first * 2 ** Math.min(attempt - 1, 10), pauses.longest);
  return pause * (0.5 + random.next());
}

/** The longest blip that is no failure, 30 s, and one connection timeout. */
const leastPatience: Milliseconds = 45_000;

/**
 * When a caller that began to wait at `begun` gives up. Patience is counted from the loss, which all callers share, and not from each call: so
 * one loss is waited for once. But each caller waits at least as long as a blip may last. All but `patience` are readings of `Clock.elapsed`.
 */
export const patienceEnds = (
  patience: Milliseconds,
  begun: Milliseconds,
  lostSince: Milliseconds = begun,
): Milliseconds => Math.max(Math.min(begun, lostSince) + patience, begun + Math.min(patience, leastPatience));

/** What a call is made again by. */
export interface Retrying {
  readonly clock: Clock;
  readonly random: Random;
  /** Counted from the beginning of the first attempt; the last attempt begins when it is over. */
  readonly patience: Milliseconds;
  /** Whether another attempt may end better. */
  readonly mayPass: (error: unknown) => boolean;
  /** How long the other side asks to be left alone after the last attempt, instead of the usual pause. */
  readonly wanted?: () => Milliseconds | undefined;
  readonly signal?: AbortSignal;
}

/** Makes a call that may safely be made twice until it succeeds or patience is over. Throws the last error, and the signal's reason. */
export async function retry<T>(
  act: () => Promise<T>,
  { clock, random, patience, mayPass, wanted, signal }: Retrying,
): Promise<T> {
  const giveUpAt = clock.elapsed() + patience;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      const left = giveUpAt - clock.elapsed();
      if (!mayPass(error) || left <= 0) throw error;
      await clock.sleep(Math.min(wanted?.() ?? retryPause(attempt, random), left), signal);
    }
  }
}

/** Outlasts what passes by itself. */
export interface Patience {
  /** Makes a call that only reads, or may safely be made twice, until it succeeds or patience is over. Throws the last error. */
  outlast<T>(act: () => Promise<T>): Promise<T>;
  /** Makes it once, where another call follows anyway, and only notices how it ended. */
  watch<T>(act: () => Promise<T>): Promise<T>;
}

/** For callers that report no blips. */
export const silentPatience = (retrying: Retrying): Patience => ({
  outlast: (act) => retry(act, retrying),
  watch: (act) => act(),
});

/** The promise's result, or after `duration` what `late` throws. The promise itself goes on. */
export async function within<T>(
  clock: Clock,
  duration: Milliseconds,
  promise: Promise<T>,
  late: () => unknown,
): Promise<T> {
  const settled = new AbortController();
  const expired = clock.sleep(duration, settled.signal).then(
    () => true,
    () => false,
  );
  promise.catch(() => undefined);
  try {
    const first = await Promise.race([promise.then((value) => ({ value })), expired]);
    if (typeof first === 'object') return first.value;
    throw late();
  } finally {
    settled.abort();
  }
}

/** The promise's result, unless the signal is aborted first; then its reason is thrown. The promise itself goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const done = new AbortController();
  const abortion = new Promise<never>((_resolve, reject) => {
    // The reason is the caller's own, whatever that is.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([promise, abortion]);
  } finally {
    done.abort();
  }
}

/** Randomness: jitter and ids. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Time. The engine knows no other. */
export interface Clock {
  /** The wall clock, for records and labels; never for measuring, it may jump. */
  now(): EpochMilliseconds;
  /** A clock that only goes forward, for deadlines. Its zero has no meaning. */
  elapsed(): Milliseconds;
  /** Resolves after `duration`, or rejects with the signal's reason as soon as it is aborted. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>;
}
