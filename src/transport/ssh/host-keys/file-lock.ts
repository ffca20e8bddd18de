import { open, rename, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import type { Milliseconds } from '../../../model/duration.js';
import type { Clock } from '../../../ports/clock.js';

/** What the lock guards takes milliseconds; one so old was left behind by a process that died. */
const staleAfter: Milliseconds = 10_000;
const retryAfter: Milliseconds = 20;
const giveUpAfter: Milliseconds = 30_000;

/**
 * Does `action` while no other process of ours does the like with this file. The lock is a file beside it. Where none can be made (a
 * folder that is read-only around a file that is not) the action goes ahead without.
 */
export async function withFileLock<T>(file: string, clock: Clock, action: () => Promise<T>): Promise<T> {
  const lock = `${file}.adfpush-lock`;
  const locked = await take(lock, clock);
  try {
    return await action();
  } finally {
    if (locked) await rm(lock, { force: true });
  }
}

async function take(lock: string, clock: Clock): Promise<boolean> {
  const deadline = clock.elapsed() + giveUpAfter;
  for (;;) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      if (code !== 'EEXIST' || clock.elapsed() > deadline) throw error;
    }
    if (await isStale(lock, clock)) await putAside(lock);
    else await clock.sleep(retryAfter);
  }
}

async function isStale(lock: string, clock: Clock): Promise<boolean> {
  try {
    return clock.now() - (await stat(lock)).mtimeMs > staleAfter;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Only one of those who found it stale moves it away; the others find nothing. */
async function putAside(lock: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
    await rm(aside, { force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined;
