import type { EventReader } from '../events/bus.js';
import type { Event } from '../events/event.js';
import { describeHost } from '../model/host.js';
import { visible } from '../model/visible.js';

/** Keeps what is held at every moment, so that a run that must exit at once can still name it. */
export class OpenHolds implements EventReader {
  readonly #open = new Map<string, string>();

  read(told: Event): void {
    const event = visible(told);
    if (event.type === 'hold.opened')
      this.#open.set(event.hold, `${describeHost(event.host)}: ${event.what}`);
    if (event.type === 'scaling.suspended') {
      const { hold, scalingGroup, region, processes } = event;
      this.#open.set(
        hold,
        `Auto Scaling group ${scalingGroup} (${region}): ${processes.join(', ')} suspended`,
      );
    }
    const settled = event.type === 'hold.settled' || event.type === 'scaling.settled';
    if (settled && event.as !== 'named') this.#open.delete(event.hold);
  }

  /** One line per hold: `api-1 (i-0abc): api-http port 5060`. */
  get lines(): readonly string[] {
    return [...this.#open.values()];
  }
}
