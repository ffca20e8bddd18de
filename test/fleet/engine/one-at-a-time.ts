import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.js';
import { alive } from './alive.js';

/** A build of the hosts' image on a busy machine. */
const longest = 900_000;

/**
 * Runs `act` while no other process of the tests does what has the same name in this folder. What a process that was killed left is
 * taken over.
 */
export async function oneAtATime<T>(folder: string, name: string, act: () => Promise<T>): Promise<T> {
  const lock = join(folder, `${name}.lock`);
  await until(`another process that does "${name}"`, async () => taken(lock), 200, longest);
  try {
    return await act();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** A link of that name is made by one process only, and has its content at once. */
function taken(lock: string): true | undefined {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch {
    if (!alive(ownerOf(lock))) rmSync(lock, { force: true });
    return undefined;
  } finally {
    rmSync(own, { force: true });
  }
}

/** This process, where the other has ended meanwhile. */
function ownerOf(lock: string): number {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return process.pid;
  }
}
