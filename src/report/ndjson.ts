import type { EventReader } from '../events/bus.js';
import type { Event } from '../events/event.js';
import { eventToJson } from '../events/event-json.js';
import type { ReportFile } from './report-file.js';

/** Every event as a line of JSON, for `--events FILE`. */
export class NdjsonReader implements EventReader {
  constructor(private readonly file: ReportFile) {}

  read(event: Event): void {
    this.file.write(`${eventToJson(event)}\n`);
  }

  close(): Promise<void> {
    this.file.close();
    return Promise.resolve();
  }
}
