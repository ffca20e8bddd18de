import { reconnectDefault } from '../engine/index.js';
import { checkPlaybook } from '../check/check-playbook.js';
import { addedHostHeld } from '../errors/add-host.js';
import { AdfError } from '../errors/adf-error.js';
import { throwAll } from '../errors/diagnostics.js';
import { formatDuration } from '../model/duration.js';
import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import type { LeaseEpoch } from '../model/run-record.js';
import type { Play, Playbook } from '../playbook/playbook.js';
import { retry } from '../ports/clock.js';
import type { EnginePatience } from '../recovery/interrupted-runs.js';
import { heldByAnother } from '../recovery/held-by-another.js';
import type { HeldLeases, LeasedGroup } from '../run/leases.js';
import { ByName } from '../run/side-by-side.js';
import type { AdHocFleet } from './ad-hoc-fleet.js';
import { isLocal } from './ad-hoc-hosts.js';
import { recordGrowth } from './ad-hoc-record.js';

/**
 * What was done before the playbook began for the hosts that were there is done for those that tasks add: they are checked, leased, by the groups that
 * the inventory lists and each by itself, and written down, so that what is taken from them can be given back. Without `leases` nothing is changed,
 * and none is needed.
 */
export class AddedHosts {
  readonly #held = new Map<HostId, Promise<void>>();
  readonly #records = new ByName();

  constructor(
    private readonly playbook: Playbook,
    private readonly fleet: AdHocFleet,
    private readonly leases: HeldLeases | undefined,
    /** For a playbook that needs no Docker Engine. */
    private readonly engines: EnginePatience | undefined,
  ) {}

  /** Right before a play, for those that were added since the last. Throws what is wrong with the play, and as `hold`. */
  async meet(play: Play): Promise<void> {
    const { fleet, playbook, leases } = this;
    const joined = await fleet.meet(play);
    if (joined.length > 0) {
      const check = () => checkPlaybook(playbook, joined, (one) => (one === play ? joined : []));
      fleet.knowDelegates((await fleet.beforehand(check)).keys());
    }
    if (leases === undefined || !fleet.hasGrown) return;
    const taken = await this.#takeWhenUp(fleet.leases, leases);
    const isNew = (host: Host): boolean =>
      fleet.leasesOf([host]).some(({ opened }) => names(taken).has(opened.group));
    const hosts = new Map(
      [...joined.map(({ host }) => host), ...fleet.added.filter(isNew)].map((host) => [host.id, host]),
    );
    await this.#refuseHeld([...hosts.values()]);
    if (joined.length > 0 || taken.length > 0) await this.#record(taken, leases);
  }

  /** Before a task of another host changes this one. Throws `lease.held`, `lease.unavailable`, `add_host.held`, `journal.write`. */
  readonly hold = async (host: Host): Promise<void> => {
    const { leases } = this;
    if (leases === undefined || !this.fleet.isAdded(host)) return;
    const holding = this.#held.get(host.id) ?? this.#hold(host, leases);
    this.#held.set(host.id, holding);
    await holding;
  };

  async #hold(host: Host, leases: HeldLeases): Promise<void> {
    const { fleet } = this;
    const taken = await this.#takeWhenUp(fleet.leasesOf([host]), leases).catch((error: unknown) => {
      // Another task may find it up.
      this.#held.delete(host.id);
      throw error;
    });
    if (taken.length === 0) return;
    await this.#refuseHeld([host]);
    fleet.knowDelegates([host.id]);
    await this.#record(taken, leases);
  }

  /** One after the other: each tells of all hosts that are leased by then. */
  #record(taken: readonly LeaseEpoch[], leases: HeldLeases): Promise<void> {
    return this.#records.run(['record'], () => recordGrowth(this.fleet, taken, names(leases.epochs)));
  }

  /** A machine that was just made runs before its SSH server does: it is given what a lost host is given. Throws `lease.held`, `lease.unavailable`. */
  async #takeWhenUp(wanted: readonly LeasedGroup[], leases: HeldLeases): Promise<readonly LeaseEpoch[]> {
    const { run } = this.fleet;
    const { clock, random } = run.ports;
    let isTold = false;
    const mayPass = (error: unknown): boolean => {
      if (!(error instanceof AdfError) || error.code !== 'lease.unavailable') return false;
      const message = `${error.message} It is asked again for ${formatDuration(reconnectDefault)} at most.`;
      if (!isTold) run.bus.emit({ type: 'warning', message });
      isTold = true;
      return true;
    };
    const before = names(leases.epochs);
    const patience = reconnectDefault;
    const { signal } = run.stop;
    await retry(() => leases.take(wanted), { clock, random, patience, mayPass, signal });
    const asked = new Set(wanted.map(({ opened }) => opened.group));
    return leases.epochs.filter(({ group }) => asked.has(group) && !before.has(group));
  }

  /**
   * A host that an interrupted run still holds would be taken back later to what that run found. One that cannot be asked is met by its tasks: it may
   * have no Docker Engine. Throws `add_host.held`.
   */
  async #refuseHeld(joined: readonly Host[]): Promise<void> {
    const { run } = this.fleet;
    const held = await Promise.all(
      joined
        .filter((host) => !isLocal(host))
        .map(async (host) => ({
          host,
          found: await heldByAnother(
            host,
            run,
            undefined,
            defined({ engineWithin: this.engines?.of(host) }),
          ).catch(() => undefined),
        })),
    );
    throwAll(
      held.flatMap(({ host, found }) =>
        found === undefined ? [] : [addedHostHeld(host, found.run, run.environment, found.held)],
      ),
    );
  }
}

const names = (epochs: readonly LeaseEpoch[]): ReadonlySet<LeaseEpoch['group']> =>
  new Set(epochs.map(({ group }) => group));
