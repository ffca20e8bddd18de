import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `look` finds something true, and gives it. Fails, with what was seen last, after `limit` milliseconds. */
export async function until<T>(look: () => T | Promise<T>, limit = 120_000): Promise<T> {
  const deadline = performance.now() + limit;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${limit} ms: ${look.toString()}`);
    await delay(20);
  }
}
