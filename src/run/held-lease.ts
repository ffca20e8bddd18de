import type { Run } from '../engine/index.js';
import { AdfError } from '../errors/adf-error.js';
import { leaseLost } from '../errors/lease.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { Lease, LeaseRequest } from '../ports/lease-store.js';
import { keepRenewed, type KeptLease } from '../state/keep-renewed.js';
import type { World } from '../world/world.js';

/** How often it is tried to take a lost lease anew, and for how many of its durations. */
const regaining = { pause: 1_000, durations: 2 } as const;

/** What hosts say that come back, or that are known to be gone by then. */
const passing: readonly string[] = ['lease.unavailable', 'lease.members_gone'];

/** A lease that guards a run's mutations, and is renewed until it is released or lost. */
export class HeldLease {
  #request: LeaseRequest;
  readonly #world: Pick<World, 'clock' | 'leases'>;
  readonly #run: Pick<Run, 'gate' | 'bus'>;
  #lease: Lease;
  #kept: KeptLease;

  constructor(
    lease: Lease,
    request: LeaseRequest,
    world: Pick<World, 'clock' | 'leases'>,
    run: Pick<Run, 'gate' | 'bus'>,
  ) {
    this.#lease = lease;
    this.#request = request;
    this.#world = world;
    this.#run = run;
    const { hosts, owner } = request;
    run.gate.guardBy(lease, { hosts, run: owner.run, regain: () => this.#regain() });
    this.#kept = this.#keep(lease);
  }

  get group(): GroupName {
    return this.#request.group;
  }

  get epoch(): number {
    return this.#lease.epoch;
  }

  /** From now on it is one of the group as it is listed now. Throws `lease.held`, `lease.unavailable`. */
  async extend(hosts: readonly Host[]): Promise<void> {
    await this.#lease.extend?.(hosts);
    this.#request = { ...this.#request, hosts };
    this.#run.gate.guardAlso(this.#lease, hosts);
  }

  /** A request that is tried again and again may outlive the run: it is not sent without the lease. */
  async release(): Promise<void> {
    await this.#kept.stop();
    this.#run.gate.release(this.#lease);
    await this.#lease.release();
  }

  /** Gives it back before anything was changed under it. */
  async letGo(): Promise<void> {
    await this.#kept.stop();
    this.#run.gate.forget(this.#lease);
    await this.#lease.release();
  }

  #keep(lease: Lease): KeptLease {
    const { gate, bus } = this.#run;
    const onLost = (reason: AdfError): void => {
      gate.lose(lease, reason);
      bus.emit({ type: 'warning', message: reason.message });
    };
    return keepRenewed(lease, { duration: this.#request.duration, clock: this.#world.clock, onLost });
  }

  /**
   * Takes the lease anew, to restore what is held. When no other run had it in between, all is as this run left it: the store says so, or its
   * epoch is the next. An epoch that our own failed attempts raised is of no other run.
   * Else another run has, or had, the hosts, and knows better. Throws `lease.held`, `lease.lost`, `lease.unavailable`.
   */
  async #regain(): Promise<Lease> {
    const before = this.#lease.epoch;
    await this.#kept.stop();
    const lease = await this.#acquire(before);
    if (lease.unbroken !== true && lease.epoch !== before + 1) {
      await lease.release();
      throw leaseLost(this.#request, 'another run had it meanwhile, or it was released by force.');
    }
    this.#lease = lease;
    this.#kept = this.#keep(lease);
    const { group } = this.#request;
    this.#run.bus.emit({
      type: 'warning',
      message: `The lock of group "${group}" is taken again, to restore what is held. Nothing else is changed any more.`,
    });
    return lease;
  }

  /** Waits for hosts to come back, and not for a lease of another run. */
  async #acquire(since: number): Promise<Lease> {
    const { clock, leases } = this.#world;
    const end: Milliseconds = clock.elapsed() + this.#request.duration * regaining.durations;
    for (;;) {
      try {
        return await leases.acquire({ ...this.#request, since });
      } catch (error) {
        const mayPass = error instanceof AdfError && passing.includes(error.code);
        if (!mayPass || clock.elapsed() + regaining.pause >= end) throw error;
        await clock.sleep(regaining.pause);
      }
    }
  }
}
