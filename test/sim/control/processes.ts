import type { ProcessRecord } from '../../../src/model/run-record.js';
import type { Processes } from '../../../src/ports/journal.js';

/** The processes of all machines: each knows of those of its own. */
export class SimulatedProcesses {
  readonly #ended = new Set<number>();

  ended(pid: number): void {
    this.#ended.add(pid);
  }

  seenBy(pid: number, machine: string): Processes {
    return {
      self: { machine, pid, started: String(pid) },
      hasEnded: (process: ProcessRecord) =>
        process.machine === machine ? this.#ended.has(process.pid) : undefined,
    };
  }
}
