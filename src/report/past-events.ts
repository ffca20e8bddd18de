import type { Event } from '../events/event.js';
import type { LoggedEvent } from '../model/history-report.js';
import { PlainReader, type PlainOptions } from './plain.js';

/** The events of a past run as the lines that it printed, each ended by a newline. */
export function renderPastEvents(events: readonly LoggedEvent[], options: PlainOptions): string {
  const lines: string[] = [];
  const reader = new PlainReader({ write: (line) => lines.push(line) }, options);
  for (const event of events) {
    const read = { ...event, at: Date.parse(event.at) };
    if (isEvent(read)) reader.read(read);
  }
  return lines.join('\n');
}

/** They were written by `eventToJson` from typed events. */
const isEvent = (value: { readonly at: number; readonly type: string }): value is Event =>
  !Number.isNaN(value.at);
