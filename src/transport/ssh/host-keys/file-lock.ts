import { randomInt, randomUUID } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Milliseconds } from '../../../model/duration.js';
import type { Clock } from '../../../ports/clock.js';

/** What the lock guards takes milliseconds; one so old was left behind by a process that died. */
const staleAfter: Milliseconds = 10_000;
const retryWithin: Milliseconds = 40;
const giveUpAfter: Milliseconds = 30_000;

/**
 * Does `action` while no other process of ours does the like with this file. A process that wants the lock puts a file of its own beside
 * the guarded one, and has the lock when it then finds no other there. A file that a dead process left is removed by its own name, so that
 * the lock of a living one is never removed. Where no file can be made (a folder that is read-only around a file that is not) the action
 * goes ahead without.
 */
export async function withFileLock<T>(file: string, clock: Clock, action: () => Promise<T>): Promise<T> {
  const own = `${file}.adfpush-lock.${randomUUID()}`;
  try {
    await take(file, own, clock);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) throw error;
  }
  try {
    return await action();
  } finally {
    await rm(own, { force: true });
  }
}

async function take(file: string, own: string, clock: Clock): Promise<void> {
  const deadline = clock.elapsed() + giveUpAfter;
  for (;;) {
    // Looks before it puts its own there too, so as not to disturb those who have the lock or are about to.
    if (!(await isAnother(file, own, clock))) {
      await writeFile(own, '', { flag: 'wx', mode: 0o600 });
      if (!(await isAnother(file, own, clock))) return;
      await rm(own, { force: true });
    }
    if (clock.elapsed() > deadline) throw new Error(`other processes have ${file} locked`);
    await clock.sleep(1 + randomInt(retryWithin));
  }
}

/** Whether another process has the lock, or wants it. */
async function isAnother(file: string, own: string, clock: Clock): Promise<boolean> {
  const prefix = `${basename(file)}.adfpush-lock.`;
  for (const name of await readdir(dirname(file))) {
    const lock = join(dirname(file), name);
    if (!name.startsWith(prefix) || lock === own) continue;
    const age = await ageOf(lock, clock);
    if (age === undefined) continue;
    if (age <= staleAfter) return true;
    await rm(lock, { force: true });
  }
  return false;
}

/** Undefined when it is not there any more. */
async function ageOf(lock: string, clock: Clock): Promise<Milliseconds | undefined> {
  try {
    return clock.now() - (await stat(lock)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined;
