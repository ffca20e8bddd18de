import { holdOfUnknownHost } from '../../errors/engine.js';
import type { EventBus } from '../../events/bus.js';
import type { EventHost } from '../../events/event.js';
import { defined } from '../../model/defined.js';
import {
  describeHold,
  holdKey,
  keyOf,
  kindOf,
  targetGroupsOf,
  touchesHost,
  type Hold,
  type Settlement,
  type Taking,
} from '../../model/hold.js';
import { holdId, type GroupName, type HoldId, type HostId } from '../../model/ids.js';
import type { Clock } from '../../ports/clock.js';
import type { HeldOnHost } from '../../model/holds/held-on-host.js';
import type { HostHolds } from '../../ports/host-holds.js';
import type { Journal } from '../../ports/journal.js';
import type { Host } from '../../model/host.js';
import type { GroupRecord } from '../../model/run-record.js';
import type { Amount } from '../../model/settings.js';
import type { Blips } from '../blips.js';
import { HoldCopies } from './hold-copies.js';
import type { MutationGate } from '../interlocks/mutation-gate.js';

/** How often a note is taken off while leases run out. */
const attemptsAtMost = 3;

/** Where a run writes what it holds. */
export interface HoldBookOptions {
  readonly journal: Journal;
  /** On the hosts themselves. */
  readonly hostHolds: HostHolds;
  /** Throws once the run may change nothing any more: then nothing is going to be taken. */
  readonly gate: Pick<
    MutationGate,
    'admit' | 'mayRegain' | 'perform' | 'readyToRestore' | 'requireLeases' | 'requests'
  >;
  /** A host that does not answer for a moment keeps no note. */
  readonly blips: Pick<Blips, 'outlast' | 'watch'>;
  /** Who stops the run does not wait for a note. */
  readonly stop: AbortSignal;
  readonly clock: Clock;
  readonly bus: EventBus;
  /** Whose holds they are. */
  readonly run: Pick<HeldOnHost, 'run' | 'verb' | 'environment' | 'owner'>;
  /** The group that a host is held for. A host in two groups is held for each on its own, in a book for each. */
  readonly groupOf?: (host: Host) => GroupName | undefined;
}

/**
 * What the run holds: each hold is in the journal, and then on its host, before anything is taken away; and it is off its host before the
 * journal says that it is settled. Only of what was replaced the journal tells first: then the host is at the plan, whatever notes it has.
 */
export class HoldBook {
  readonly #options: HoldBookOptions;
  readonly #open = new Map<string, Hold>();
  /** The first hold of each thing: where a host came from when the run met it. */
  readonly #first = new Map<string, Hold>();
  /** Holds that are in the journal, but could not be opened on the host. Nothing was taken for them. */
  readonly #untaken = new Set<string>();
  /** How the holds that are not open ended. */
  readonly #settled = new Map<string, Settlement>();
  readonly #hosts = new Map<HostId, Host>();
  readonly #copies: HoldCopies;
  /** What each hold is busy with. */
  readonly #busy = new Map<string, Promise<void>>();
  #count = 0;
  #minHealthy: Amount | undefined;

  constructor(options: HoldBookOptions) {
    this.#options = options;
    this.#copies = new HoldCopies(options);
  }

  /** What is written down of the group beside each hold, for a restore without this run's playbook. */
  knowGroup(record: GroupRecord): void {
    this.#copies.knowGroup(record);
  }

  /** The floor of the play that begins. Each hold records it, so that a recovery without the playbook keeps the same floor. */
  knowFloor(minHealthy: Amount): void {
    this.#minHealthy = minHealthy;
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
      const key = keyOf(host.id, taking);
      await this.#alone(key, async () => {
        const known = this.#open.get(key);
        if (known === undefined) this.#untaken.add(key);
        await (known === undefined
          ? this.#write(this.#holdOf(host, taking))
          : this.#copies.ensure(known, this.#hostOf(known)));
        this.#untaken.delete(key);
      });
    }
  }

  /** False when the hold was written down, and could not be opened to its end: what it is about was not taken by this run. */
  mayBeTaken(hold: Hold): boolean {
    return !this.#untaken.has(holdKey(hold));
  }

  #holdOf(host: Host, taking: Taking): Hold {
    this.#options.gate.requireLeases(`hold ${describeHold(taking)}`, true);
    this.#count += 1;
    const group = this.#options.groupOf?.(host);
    const scope = group === undefined ? '' : `${group}/`;
    const id = holdId(`${scope}${host.id}#${this.#count}`);
    return kindOf(taking).open(
      taking,
      { id, host: host.id, ...defined({ group }) },
      { targetGroups: targetGroupsOf(this.originOf(host.id)), ...defined({ minHealthy: this.#minHealthy }) },
    );
  }

  /** Holds again what was settled: a rollback takes away what a roll gave. */
  async reopen(holds: readonly Hold[]): Promise<void> {
    for (const hold of holds) {
      const key = holdKey(hold);
      await this.#alone(key, async () => {
        const known = this.#open.get(key);
        this.#untaken.delete(key);
        await (known === undefined ? this.#write(hold) : this.#copies.ensure(known, this.#hostOf(known)));
      });
    }
  }

  /**
   * A hold stays open until its end is in the journal. What a person has to look at stays on its host, and so does what is gone with it: a
   * host that is started again is restored by it. A registration can be brought back
   * without the host, so one that is out of reach does not keep it from being settled; nor does a note that cannot be taken off: that is
   * a warning; `waits` says that its host is there, and a blip of it is outlasted. Throws `journal.write`, and why the run may change nothing any more.
   */
  async settle(holds: readonly Hold[], as: Settlement, { waits = false } = {}): Promise<void> {
    if (as === 'replaced') return this.#settleAtPlan(holds);
    for (const hold of holds) {
      await this.#alone(holdKey(hold), async () => {
        if (!this.#open.has(holdKey(hold))) return;
        if (as !== 'named' && as !== 'gone') {
          await this.#copies.forget(hold, this.#hostOf(hold), waits || touchesHost([hold]));
        }
        await this.#writeSettled(hold, as);
      });
    }
  }

  /**
   * The containers of a host go back to one origin, or stay at one plan. So all of it is written down before the first note is taken off:
   * a journal that says `replaced` of one of them says it of the host.
   */
  async #settleAtPlan(holds: readonly Hold[]): Promise<void> {
    for (const hold of holds) {
      await this.#alone(holdKey(hold), async () => {
        if (!this.#open.has(holdKey(hold))) return;
        this.#options.gate.requireLeases(`settle ${describeHold(hold)}`, true);
        await this.#writeSettled(hold, 'replaced');
      });
    }
    for (const hold of holds) {
      await this.#alone(holdKey(hold), async () => {
        // What was opened again meanwhile needs its note.
        if (this.#open.has(holdKey(hold))) return;
        await this.#takeOffVoid(hold);
      });
    }
  }

  /**
   * The lease may have run out since, or while the note is taken off: then it is taken anew. A note that stays would mislead a recovery from
   * another machine, so that is told.
   */
  async #takeOffVoid(hold: Hold): Promise<void> {
    const { gate } = this.#options;
    const host = this.#hostOf(hold);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await gate.readyToRestore();
        await this.#copies.forget(hold, host, true);
        return;
      } catch (error) {
        if (gate.mayRegain(error) && attempt < attemptsAtMost) continue;
        this.#copies.tellLeft(hold, host, error);
        return;
      }
    }
  }

  async #writeSettled(hold: Hold, as: Settlement): Promise<void> {
    const { journal, clock } = this.#options;
    await journal.append({ at: clock.now(), type: 'hold.settled', hold: hold.id, host: hold.host, as });
    this.#open.delete(holdKey(hold));
    this.#settled.set(holdKey(hold), as);
    this.#options.bus.emit({ type: 'hold.settled', ...this.#about(hold), as });
  }

  /**
   * One thing at a time for each hold: a roll that fails elsewhere is rolled back while this host's holds are still being settled, and what
   * is just being settled is not open any more.
   */
  async #alone(key: string, act: () => Promise<void>): Promise<void> {
    const acting = (this.#busy.get(key) ?? Promise.resolve()).then(act);
    this.#busy.set(
      key,
      acting.catch(() => undefined),
    );
    return acting;
  }

  /** True when what was on the host was replaced by the planned state, and still is. */
  wasReplaced(host: HostId): boolean {
    return touchesHost(this.originOf(host).filter((hold) => this.#settled.get(holdKey(hold)) === 'replaced'));
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
    this.#options.bus.emit({ type: 'hold.opened', ...this.#about(hold) });
    await this.#copies.keepNew(hold, this.#hostOf(hold));
  }

  #hostOf(hold: Hold): Host {
    const host = this.#hosts.get(hold.host);
    if (host === undefined) throw holdOfUnknownHost(hold.host);
    return host;
  }

  /** As events tell of it. */
  #about(hold: Hold): { readonly host: EventHost; readonly hold: HoldId; readonly what: string } {
    const host = { id: hold.host, name: this.#hosts.get(hold.host)?.name ?? hold.host };
    return { host, hold: hold.id, what: describeHold(hold) };
  }
}
