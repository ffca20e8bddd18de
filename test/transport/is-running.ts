import { readFileSync } from 'node:fs';

/** Whether a process of this machine still does something. */
export function isRunning(pid: string): boolean {
  try {
    // A zombie has ended; only its parent does not know yet.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z');
  } catch {
    return false;
  }
}
