import type { Milliseconds } from '../../model/duration.js';
import type { Clock } from '../../ports/clock.js';

/**
 * Gives `act` a signal that is aborted with `reason()` when the time is over, or when `parent` is. What `act` began is
 * waited for, so that nothing goes on while a clean-up runs; but once aborted, the outcome is the abort.
 */
export async function withDeadline<T>(
  clock: Clock,
  timeout: Milliseconds | undefined,
  parent: AbortSignal,
  reason: () => Error,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const settled = new AbortController();
  const passOn = (): void => controller.abort(parent.reason);
  if (parent.aborted) passOn();
  parent.addEventListener('abort', passOn, { once: true });
  if (timeout !== undefined) {
    clock.sleep(timeout, settled.signal).then(
      () => controller.abort(reason()),
      () => undefined,
    );
  }
  try {
    const result = await act(controller.signal);
    controller.signal.throwIfAborted();
    return result;
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    settled.abort();
    parent.removeEventListener('abort', passOn);
  }
}
