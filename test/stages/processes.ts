import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { atEnd } from './at-end.js';

/** As `spawn` of Node starts it, or as execa does. */
type Program = ChildProcess | (Promise<unknown> & { kill(signal: 'SIGKILL'): boolean });

/** Has a program that a test starts killed once the test or the file has ended: a wait in it may fail before the program ends. */
export function endedWithTest<Started extends Program>(child: Started): Started {
  atEnd(() => kill(child));
  return child;
}

/** Kills a program of ours and waits until it has ended; one that has ended already is left alone. */
export async function kill(child: Program): Promise<void> {
  if ('then' in child) {
    child.kill('SIGKILL');
    await child.catch(() => undefined);
    return;
  }
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** True while a process of this machine runs. One that has ended, and that its parent has not waited for yet, does not. */
export function isRunning(pid: number | string): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
