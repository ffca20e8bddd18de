import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessRecord } from '../model/run-record.js';
import type { Processes } from '../ports/journal.js';

/**
 * By what Linux tells in /proc: the boot and the namespace of process numbers make the machine (two containers may share a host name), the
 * clock tick of its beginning makes the process. Elsewhere nothing is known of other processes.
 */
export const systemProcesses: Processes = {
  self: { machine: machineName(), pid: process.pid, started: startOf(process.pid) ?? 'unknown' },
  hasEnded({ machine, pid, started }: ProcessRecord): boolean | undefined {
    if (machine !== this.self.machine || this.self.started === 'unknown') return undefined;
    return startOf(pid) !== started;
  },
};

function machineName(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // Not Linux: the name is for people then.
    return hostname();
  }
}

/** The 22nd field of proc(5)'s stat; counted from behind the name, which may hold blanks and brackets. A zombie has ended. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    // There is no such process.
    return undefined;
  }
}
