import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until `look` finds something, looking every `interval` ms.
 * Throws after `deadline` ms, with what it waited for and the last thing that went wrong while looking.
 */
export async function until<T>(
  what: string,
  deadline: number,
  look: () => Promise<T | undefined>,
  interval = 50,
): Promise<T> {
  const end = Date.now() + deadline;
  let trouble = '';
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      trouble = '';
    } catch (error) {
      trouble = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > end) throw new Error(`waited ${deadline} ms in vain for ${what}${trouble}`);
    await pause(interval);
  }
}
