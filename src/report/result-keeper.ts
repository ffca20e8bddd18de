import type { EventReader } from '../events/bus.js';
import type { Event } from '../events/event.js';
import type { RunResult } from '../model/run-result.js';

/** Keeps the result document as it passed the bus, without secrets, for `--json`. */
export class ResultKeeper implements EventReader {
  result: RunResult | undefined;

  read(event: Event): void {
    if (event.type === 'run.ended') this.result = event.result;
  }
}
