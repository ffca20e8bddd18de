import { setTimeout as pause } from 'node:timers/promises';

/** In milliseconds: so long that only what never comes takes that long, also on a busy machine. */
const usualDeadline = 180_000;

/**
 * Waits until `look` finds something, looking every `interval` ms. Throws after `deadline` ms, three minutes, with what it waited for and
 * the last thing that went wrong while looking.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  interval = 50,
  deadline = usualDeadline,
): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    let trouble: unknown;
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      trouble = error;
    }
    if (Date.now() > end) {
      throw new Error(`waited ${String(deadline)} ms in vain for ${what}`, { cause: trouble });
    }
    await pause(interval);
  }
}
