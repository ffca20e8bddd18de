import { errorsOf } from '../../errors/adf-error.js';
import { defined } from '../../model/defined.js';
import { describeHold, holdKey, type Hold } from '../../model/hold.js';
import type { Host } from '../../model/host.js';
import type { GroupName } from '../../model/ids.js';
import type { GroupRecord } from '../../model/run-record.js';
import type { BlipPlace } from '../blips.js';
import type { HoldBookOptions } from './hold-book.js';
import type { Change } from '../interlocks/mutation-gate.js';

/** The copies of a run's holds on its hosts. Recovery reads them there (see plan/claims.ts). */
export class HoldCopies {
  readonly #options: HoldBookOptions;
  /** Those of which their host is known to have its copy. */
  readonly #there = new Set<string>();
  readonly #records = new Map<GroupName, GroupRecord>();

  constructor(options: HoldBookOptions) {
    this.#options = options;
  }

  knowGroup(record: GroupRecord): void {
    this.#records.set(record.name, record);
  }

  /**
   * To be asked before anything more is taken. What is open need not be on its host: writing it there may have failed, or the answer to
   * taking it off was lost. Throws what keeps the host from being asked, and what the gate throws.
   */
  async ensure(hold: Hold, host: Host): Promise<void> {
    if (this.#there.has(holdKey(hold))) return;
    const change = this.#keeping(hold, host);
    await this.#options.gate.perform(change, new AbortController().signal, () => this.#keep(hold, host));
    this.#there.add(holdKey(hold));
  }

  /** As `ensure`, for a hold that was written to the journal just now, which tells that its copy was about to be kept. */
  async keepNew(hold: Hold, host: Host): Promise<void> {
    const { gate } = this.#options;
    const change = this.#keeping(hold, host);
    await gate.admit(change);
    await gate.requests.send(host.id, change, () => this.#keep(hold, host));
    this.#there.add(holdKey(hold));
  }

  #keep(hold: Hold, host: Host): Promise<void> {
    const { clock, hostHolds, run } = this.#options;
    const group = this.#recordOf(hold);
    return hostHolds.on(host).keep({ ...run, at: clock.now(), hold, ...defined({ group }) });
  }

  #keeping(hold: Hold, host: Host): Change {
    return { ...noteOf(host, hold, 'keep'), ownTime: 0, isDone: () => this.#isThere(hold, host) };
  }

  /**
   * A host that is out of reach, for longer than a blip where it `waits`, keeps the note: the journal says that it is void. Throws why the run may change nothing any more; what else
   * keeps a note from being taken off is a warning.
   */
  async forget(hold: Hold, host: Host, waits: boolean): Promise<void> {
    const { hostHolds, run, gate, blips, stop } = this.#options;
    const change = noteOf(host, hold, 'take off');
    gate.requireLeases(change.what, true);
    this.#there.delete(holdKey(hold));
    const takeOff = async (): Promise<void> => {
      await gate.admit(change);
      const request = { ...change, isDone: async () => !(await this.#isThere(hold, host)) };
      await gate.requests.send(host.id, request, () => hostHolds.on(host).forget(run.run, hold.id));
    };
    try {
      await (waits
        ? blips.outlast(this.#placeOf(host, hold), takeOff, { signal: stop })
        : blips.watch(this.#placeOf(host, hold), takeOff));
    } catch (error) {
      gate.requireLeases(change.what, true);
      this.tellLeft(hold, host, error);
    }
  }

  #recordOf({ group }: Hold): GroupRecord | undefined {
    return group === undefined ? undefined : this.#records.get(group);
  }

  #placeOf(host: Host, hold: Hold): BlipPlace {
    const rollout = this.#recordOf(hold)?.rollout;
    if (rollout === undefined) return { host };
    const { reconnect, maxBlips } = rollout;
    return { host, reconnect, ...defined({ maxBlips }) };
  }

  /** The host keeps a note that says nothing any more. */
  tellLeft(hold: Hold, host: Host, error: unknown): void {
    const message = `it still has the note that ${describeHold(hold)} was taken: ${errorsOf(error)[0].message}`;
    this.#options.bus.emit({ type: 'warning', host: { id: host.id, name: host.name }, message });
  }

  async #isThere(hold: Hold, host: Host): Promise<boolean> {
    const { hostHolds, run } = this.#options;
    const copies = await hostHolds.on(host).list();
    return copies.some((copy) => copy.run === run.run && copy.hold.id === hold.id);
  }
}

/** Who restores may hold and settle too; a task that may go on asks the gate by itself. */
const noteOf = (host: Host, hold: Hold, verb: 'keep' | 'take off'): Change => ({
  where: 'host',
  host,
  what: `${verb} the note of ${describeHold(hold)} (${hold.id})`,
  restoring: true,
});
