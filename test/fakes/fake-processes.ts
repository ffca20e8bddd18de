import type { ProcessRecord } from '../../src/model/run-record.js';
import type { Processes } from '../../src/ports/journal.js';

/** Processes that live until the test says otherwise. */
export class FakeProcesses implements Processes {
  readonly self: ProcessRecord;

  /** `ended` are the processes of this machine that live no more. */
  constructor(
    pid = 1,
    readonly ended = new Set<number>(),
    machine = 'desk',
  ) {
    this.self = { machine, pid, started: String(pid) };
  }

  hasEnded({ machine, pid }: ProcessRecord): boolean | undefined {
    return machine === this.self.machine ? this.ended.has(pid) : undefined;
  }
}
