import type { EventBus } from '../events/bus.js';
import type { Hold, Settlement } from '../model/hold.js';
import { holdId, type HostId } from '../model/ids.js';
import { registrationKey, targetGroupNameOf } from '../model/registration.js';
import type { Taking } from '../modules/module.js';
import type { Clock } from '../ports/clock.js';
import type { Journal } from '../ports/journal.js';
import type { Host } from '../model/host.js';

/** What the run holds: each hold is in the journal before it is in the book, and before anything is taken away. */
export class HoldBook {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #bus: EventBus;
  readonly #open = new Map<string, Hold>();
  /** The first hold of each thing: where a host came from when the run met it. */
  readonly #first = new Map<string, Hold>();
  /** How the holds that are not open ended. */
  readonly #settled = new Map<string, Settlement>();
  readonly #hosts = new Map<HostId, Host>();
  readonly #scope: string;
  #count = 0;

  /** `scope` keeps the ids of several books of one run apart: a host in two groups is held for each on its own. */
  constructor(journal: Journal, clock: Clock, bus: EventBus, scope = '') {
    this.#scope = scope === '' ? '' : `${scope}/`;
    this.#journal = journal;
    this.#clock = clock;
    this.#bus = bus;
  }

  /** Opens holds for what is about to be taken. What is held already stays held as it was found. */
  async open(host: Host, takings: readonly Taking[]): Promise<void> {
    this.#hosts.set(host.id, host);
    for (const taking of takings) {
      if (this.#open.has(keyOf(host.id, taking))) continue;
      this.#count += 1;
      await this.#record({ ...taking, id: holdId(`${this.#scope}${host.id}#${this.#count}`), host: host.id });
    }
  }

  /** Holds again what was settled: a rollback takes away what a roll gave. */
  async reopen(holds: readonly Hold[]): Promise<void> {
    for (const hold of holds) if (!this.#open.has(keyOf(hold.host, hold))) await this.#record(hold);
  }

  /** A hold stays open until its end is in the journal. */
  async settle(holds: readonly Hold[], as: Settlement): Promise<void> {
    for (const hold of holds) {
      const key = holdKey(hold);
      if (!this.#open.has(key)) continue;
      const settled = { type: 'hold.settled', hold: hold.id, host: hold.host, as } as const;
      await this.#journal.append({ at: this.#clock.now(), ...settled });
      this.#open.delete(key);
      this.#settled.set(key, as);
      this.#tell('hold.settled', hold, as);
    }
  }

  /** True when a container of the host was replaced by the planned one, and still is. */
  wasReplaced(host: HostId): boolean {
    return this.originOf(host).some(
      (hold) => hold.kind === 'container' && this.#settled.get(holdKey(hold)) === 'replaced',
    );
  }

  openOf(host: HostId): readonly Hold[] {
    return [...this.#open.values()].filter((hold) => hold.host === host);
  }

  /** Where the host came from: the first hold of everything that was ever taken from it. */
  originOf(host: HostId): readonly Hold[] {
    return [...this.#first.values()].filter((hold) => hold.host === host);
  }

  hostsWithOpenHolds(): readonly Host[] {
    const ids = new Set([...this.#open.values()].map(({ host }) => host));
    return [...this.#hosts.values()].filter(({ id }) => ids.has(id));
  }

  async #record(hold: Hold): Promise<void> {
    await this.#journal.append({ at: this.#clock.now(), type: 'hold.opened', hold });
    const key = keyOf(hold.host, hold);
    this.#open.set(key, hold);
    this.#settled.delete(key);
    if (!this.#first.has(key)) this.#first.set(key, hold);
    this.#tell('hold.opened', hold);
  }

  #tell(type: 'hold.opened' | 'hold.settled', hold: Hold, as: Settlement = 'restored'): void {
    const host = this.#hosts.get(hold.host);
    const about = {
      host: { id: hold.host, name: host?.name ?? hold.host },
      hold: hold.id,
      what: describeHold(hold),
    };
    this.#bus.emit(type === 'hold.opened' ? { type, ...about } : { type, ...about, as });
  }
}

/** What two holds have in common that hold the same thing. */
export const holdKey = (hold: Hold): string => keyOf(hold.host, hold);

const keyOf = (host: HostId, taking: Taking | Hold): string =>
  `${host}|${taking.kind === 'container' ? taking.name : registrationKey(taking.registration)}`;

/** What is held, as people read it. */
export function describeHold(hold: Taking | Hold): string {
  if (hold.kind === 'registration') {
    const where = `${targetGroupNameOf(hold.registration)}:${hold.registration.port}`;
    return hold.state === 'absent' ? `no registration in ${where}` : `its registration in ${where}`;
  }
  const { name, previous } = hold;
  if (previous === undefined) return `no container "${name}"`;
  const version = previous.version ?? previous.id.slice(0, 12);
  return `its container "${name}" (${version}${previous.running ? '' : ', stopped'})`;
}
