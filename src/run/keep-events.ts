import { errorsOf } from '../errors/adf-error.js';
import type { EventReader } from '../events/bus.js';
import { errorDocument, eventToJson } from '../events/event-json.js';
import { isoTime, type EpochMilliseconds } from '../model/duration.js';
import type { EventLog } from '../ports/journal.js';

/** What only a live view shows. */
const passing: ReadonlySet<string> = new Set(['task.output', 'task.progress', 'task.started']);

/** Keeps the events of a run in its log, for `history show`. */
export const keepEvents = (log: EventLog): EventReader => ({
  read(event) {
    if (!passing.has(event.type)) log.write(eventToJson(event), event.type === 'run.ended');
  },
});

/** What a run threw, as the last line of its log: it has no result. Secrets are taken out before. */
export const keepThrown = (thrown: unknown, at: EpochMilliseconds, log: EventLog): void =>
  log.write(
    JSON.stringify({
      at: isoTime(at),
      type: 'run.thrown',
      errors: errorsOf(thrown).map(errorDocument),
    }),
    true,
  );
