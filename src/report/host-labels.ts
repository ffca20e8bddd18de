import stringWidth from 'string-width';
import type { Event, EventHost } from '../events/event.js';
import type { HostId } from '../model/ids.js';

/** Names take at most this many columns in front of a line. */
const widestLabel = 32;

/** What hosts are called on screen: their name, and their id too when another host has the same name. */
export class HostLabels {
  readonly #idsByName = new Map<string, Set<HostId>>();
  #width = 0;

  /** Learns of hosts, so that labels are aligned and unmistakable from then on. */
  learn(hosts: readonly EventHost[]): void {
    for (const { id, name } of hosts) {
      const ids = this.#idsByName.get(name) ?? new Set();
      this.#idsByName.set(name, ids.add(id));
    }
    for (const host of hosts) {
      this.#width = Math.min(widestLabel, Math.max(this.#width, stringWidth(this.label(host))));
    }
  }

  /** Learns of the hosts that an event names. */
  learnFrom(event: Event): void {
    if (event.type === 'plan.made') {
      this.learn(event.plan.hosts.map(({ host, name }) => ({ id: host, name })));
    } else if ('hosts' in event) this.learn(event.hosts);
    else if ('host' in event) this.learn([event.host]);
  }

  label({ id, name }: EventHost): string {
    const namesakes = this.#idsByName.get(name)?.size ?? 1;
    return namesakes > 1 && name !== id ? `${name} (${id})` : name;
  }

  /** Columns that all labels known so far fit in. */
  get width(): number {
    return this.#width;
  }
}
