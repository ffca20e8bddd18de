import { errorsOf } from '../errors/adf-error.js';
import { holdOfUnknownHost } from '../errors/engine.js';
import type { EventBus } from '../events/bus.js';
import type { EventHost } from '../events/event.js';
import type { Hold, Settlement } from '../model/hold.js';
import { holdId, type GroupName, type HostId } from '../model/ids.js';
import { registrationKey, targetGroupNameOf } from '../model/registration.js';
import type { Taking } from '../modules/module.js';
import type { Clock } from '../ports/clock.js';
import type { HeldOnHost, HostHolds } from '../ports/host-holds.js';
import type { Journal } from '../ports/journal.js';
import type { Host } from '../model/host.js';
import type { GroupRecord } from '../model/run-record.js';
import type { Change, MutationGate } from './interlocks/mutation-gate.js';

/** Where a run writes what it holds. */
export interface HoldBookOptions {
  readonly journal: Journal;
  /** On the hosts themselves. */
  readonly hostHolds: HostHolds;
  /** Throws once the run may change nothing any more: then nothing is going to be taken. */
  readonly gate: Pick<MutationGate, 'admit' | 'requireLeases'>;
  readonly clock: Clock;
  readonly bus: EventBus;
  /** Whose holds they are. */
  readonly run: Pick<HeldOnHost, 'run' | 'verb' | 'environment' | 'owner'>;
  /** A host in two groups is held for each on its own: several books of one run keep apart by this. */
  readonly group?: GroupName;
}

/**
 * What the run holds: each hold is in the journal, and then on its host, before anything is taken away; and it is off its host before the
 * journal says that it is settled.
 */
export class HoldBook {
  readonly #options: HoldBookOptions;
  readonly #open = new Map<string, Hold>();
  /** The first hold of each thing: where a host came from when the run met it. */
  readonly #first = new Map<string, Hold>();
  /** How the holds that are not open ended. */
  readonly #settled = new Map<string, Settlement>();
  readonly #hosts = new Map<HostId, Host>();
  /** Those of which their host is known to have its copy. */
  readonly #copied = new Set<string>();
  #record: GroupRecord | undefined;
  #count = 0;

  constructor(options: HoldBookOptions) {
    this.#options = options;
  }

  /** What is written down of the group beside each hold, for whoever restores it without this run's playbook. */
  knowGroup(record: GroupRecord): void {
    this.#record = record;
  }

  /**
   * Takes over what an interrupted run holds: it is written down already. `origin` are all holds that it ever opened, in their order.
   */
  adopt(hosts: readonly Host[], open: readonly Hold[], origin: readonly Hold[] = open): void {
    for (const host of hosts) this.#hosts.set(host.id, host);
    for (const hold of origin) {
      const key = holdKey(hold);
      if (!this.#first.has(key)) this.#first.set(key, hold);
      this.#count = Math.max(this.#count, Number(/#(\d+)$/.exec(hold.id)?.[1] ?? 0));
    }
    for (const hold of open) this.#open.set(holdKey(hold), hold);
  }

  /** Opens holds for what is about to be taken. What is held already stays held as it was found. */
  async open(host: Host, takings: readonly Taking[]): Promise<void> {
    this.#hosts.set(host.id, host);
    for (const taking of takings) {
      const known = this.#open.get(keyOf(host.id, taking));
      if (known !== undefined) {
        await this.#ensureCopy(known);
        continue;
      }
      this.#options.gate.requireLeases(`hold ${describeHold(taking)}`, true);
      this.#count += 1;
      const { group } = this.#options;
      const scope = group === undefined ? '' : `${group}/`;
      const id = holdId(`${scope}${host.id}#${this.#count}`);
      await this.#write({ ...taking, id, host: host.id, ...(group === undefined ? {} : { group }) });
    }
  }

  /** Holds again what was settled: a rollback takes away what a roll gave. */
  async reopen(holds: readonly Hold[]): Promise<void> {
    for (const hold of holds) {
      const known = this.#open.get(holdKey(hold));
      await (known === undefined ? this.#write(hold) : this.#ensureCopy(known));
    }
  }

  /**
   * A hold stays open until its end is in the journal. What a person has to look at stays on its host, and so does what is gone with it: a
   * host that is started again is restored by it. A registration can be brought back
   * without the host, so one that is out of reach does not keep it from being settled.
   */
  async settle(holds: readonly Hold[], as: Settlement): Promise<void> {
    for (const hold of holds) {
      const key = holdKey(hold);
      if (!this.#open.has(key)) continue;
      const settled = { type: 'hold.settled', hold: hold.id, host: hold.host, as } as const;
      if (as !== 'named' && as !== 'gone') await this.#forget(hold);
      await this.#options.journal.append({ at: this.#options.clock.now(), ...settled });
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

  async #write(hold: Hold): Promise<void> {
    const { journal, clock } = this.#options;
    await journal.append({ at: clock.now(), type: 'hold.opened', hold });
    const key = holdKey(hold);
    // Open from here on: what the journal has is settled in the journal.
    this.#open.set(key, hold);
    this.#settled.delete(key);
    if (!this.#first.has(key)) this.#first.set(key, hold);
    this.#tell('hold.opened', hold);
    await this.#copy(hold);
  }

  /**
   * What is open need not be on its host: writing it there may have failed, or the answer to taking it off was lost. Nothing more is taken
   * before it is there: whoever finds it missing takes it for settled.
   */
  async #ensureCopy(hold: Hold): Promise<void> {
    if (!this.#copied.has(holdKey(hold))) await this.#copy(hold);
  }

  async #copy(hold: Hold): Promise<void> {
    const { clock, hostHolds, run, gate } = this.#options;
    const group = this.#record;
    const host = this.#hostOf(hold);
    await gate.admit(noteOf(host, hold));
    const held = { ...run, at: clock.now(), hold, ...(group === undefined ? {} : { group }) };
    await hostHolds.on(host).keep(held);
    this.#copied.add(holdKey(hold));
  }

  async #forget(hold: Hold): Promise<void> {
    const { hostHolds, run, bus, gate } = this.#options;
    const host = this.#hostOf(hold);
    const change = noteOf(host, hold);
    gate.requireLeases(change.what, true);
    this.#copied.delete(holdKey(hold));
    try {
      await gate.admit(change);
      await hostHolds.on(host).forget(run.run, hold.id);
    } catch (error) {
      if (hold.kind === 'container') throw error;
      gate.requireLeases(change.what, true);
      const message = `it still has the note that ${describeHold(hold)} was taken: ${errorsOf(error)[0].message}`;
      bus.emit({ type: 'warning', host: this.#eventHost(hold), message });
    }
  }

  #hostOf(hold: Hold): Host {
    const host = this.#hosts.get(hold.host);
    if (host === undefined) throw holdOfUnknownHost(hold.host);
    return host;
  }

  #eventHost(hold: Hold): EventHost {
    return { id: hold.host, name: this.#hosts.get(hold.host)?.name ?? hold.host };
  }

  #tell(type: 'hold.opened' | 'hold.settled', hold: Hold, as: Settlement = 'restored'): void {
    const about = {
      host: this.#eventHost(hold),
      hold: hold.id,
      what: describeHold(hold),
    };
    this.#options.bus.emit(type === 'hold.opened' ? { type, ...about } : { type, ...about, as });
  }
}

/** Who restores may hold and settle too; a task that may go on asks the gate by itself. */
const noteOf = (host: Host, hold: Hold): Change => ({
  where: 'host',
  host,
  what: `note ${describeHold(hold)}`,
  restoring: true,
});

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
