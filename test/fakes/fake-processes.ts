import type { ProcessRecord } from '../../src/model/run-record.js';
import type { Processes } from '../../src/ports/processes.js';

/** Processes that live until the test says otherwise. */
export class FakeProcesses implements Processes {
  readonly ended = new Set<number>();
  readonly self: ProcessRecord;

  constructor(pid = 1) {
    this.self = { machine: 'desk', pid, started: String(pid) };
  }

  hasEnded({ machine, pid }: ProcessRecord): boolean | undefined {
    return machine === this.self.machine ? this.ended.has(pid) : undefined;
  }
}
