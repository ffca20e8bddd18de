import type { EventReader } from '../events/bus.js';
import type { Event, EventHost } from '../events/event.js';
import { describeHost } from '../model/host.js';

/** Keeps what is held at every moment, so that a run that must exit at once can still name it. */
export class OpenHolds implements EventReader {
  readonly #open = new Map<string, { readonly host: EventHost; readonly what: string }>();

  read(event: Event): void {
    if (event.type === 'hold.opened') this.#open.set(event.hold, { host: event.host, what: event.what });
    if (event.type === 'hold.settled' && event.as !== 'named') this.#open.delete(event.hold);
  }

  /** One line per hold: `api-1 (i-0abc): api-http port 5060`. */
  get lines(): readonly string[] {
    return [...this.#open.values()].map(({ host, what }) => `${describeHost(host)}: ${what}`);
  }
}
