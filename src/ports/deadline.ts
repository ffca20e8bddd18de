import type { Milliseconds } from '../model/duration.js';
import type { Clock } from './clock.js';

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
