import { AdfError } from '../../errors/adf-error.js';
import { leaseOver, leaseOverCode, notLeased } from '../../errors/engine.js';
import { leaseFencedCode } from '../../errors/lease.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import type { HostId } from '../../model/ids.js';
import type { Clock } from '../../ports/clock.js';
import type { Fence } from '../../ports/host-holds.js';
import type { Journal } from '../../ports/journal.js';
import type { Lease } from '../../ports/lease-store.js';
import { notJobs, UnfinishedRequests, type SentRequest } from './unfinished-requests.js';

export interface MutationGateOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly fence: Fence;
}

/** Something that is about to be changed. */
export type Change = SentRequest & {
  /** It brings a host back: that may go on under a lease that was lost and is ours again. Nothing else does. */
  readonly restoring?: boolean;
} & (
    | { readonly where: 'host'; readonly host: Host }
    /** AWS calls cannot be fenced. `host` is absent for a change of an Auto Scaling group. */
    | { readonly where: 'cloud'; readonly host?: Host }
  );

/** What a lease is good for. */
export interface Guarded {
  readonly hosts: readonly Host[];
  /** Its owner. */
  readonly run: string;
  /** How it is taken anew when it was lost. Throws when another run has it, or had it meanwhile. */
  readonly regain?: () => Promise<Lease>;
}

interface Guard {
  lease: Lease;
  lost: boolean;
  readonly of: Guarded;
  readonly hosts: Set<HostId>;
}

/**
 * Every change to the world passes here: not past the lease's local deadline, not when its host met a newer epoch of it, and not before the
 * journal has it on disk. When the journal cannot be written, nothing is changed. Once a lease is lost nothing is changed any more, but
 * for what restores hosts, and that only when the lease is ours again.
 */
export class MutationGate {
  readonly #options: MutationGateOptions;
  readonly #guards: Guard[] = [];
  readonly #lost = new AbortController();
  #closed: AdfError | undefined;
  #regaining: Promise<void> | undefined;
  #count = 0;
  /** Requests to hosts and to AWS whose answers were lost. Hosts go by their ids. */
  readonly requests: UnfinishedRequests;

  constructor(options: MutationGateOptions) {
    this.#options = options;
    this.requests = new UnfinishedRequests(options.clock);
  }

  /** From now on this lease must be alive; and what is changed on one of its hosts is asked of that host's fence. */
  guardBy(lease: Lease, of: Guarded): void {
    this.#guards.push({ lease, lost: false, of, hosts: new Set(of.hosts.map(({ id }) => id)) });
  }

  /** The lease is good for these as well, which joined later. */
  guardAlso(lease: Lease, hosts: readonly Host[]): void {
    const guard = this.#guards.find((one) => one.lease === lease);
    for (const { id } of hosts) guard?.hosts.add(id);
  }

  /**
   * The host is about to be away for so long, and cannot renew its part of a lease meanwhile: the leases are renewed for that time first.
   * Throws `lease.lost` and `lease.unavailable`.
   */
  async outlive(host: Host, length: Milliseconds): Promise<void> {
    for (const { lease, hosts } of this.#guards) if (hosts.has(host.id)) await lease.outlive?.(length);
  }

  /**
   * Records, acts, records that it is done. On a host it waits until earlier requests are over; one whose outcome is unknown then counts as
   * unfinished. Throws `interlock.lease_over`, `lease.lost`, `lease.fenced`, `journal.write`, what keeps the
   * host from being asked, the signal's reason when it is aborted before the change begins, and what `act` throws.
   */
  async perform<T>(change: Change, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const { journal, clock } = this.#options;
    const { host, what, ownTime } = change;
    await this.#earlierOver(change, signal);
    signal.throwIfAborted();
    this.requireLeases(what, change.restoring);
    this.#count += 1;
    const about = { id: String(this.#count), ...(host === undefined ? {} : { host: host.id }) };
    const own = ownTime === undefined ? {} : { ownTime };
    await journal.append({ at: clock.now(), type: 'mutation.intended', ...about, what, ...own });
    await this.admit(change, signal);
    const result = await (change.where === 'host' ? this.requests.send(change.host.id, change, act) : act());
    await journal.append({ at: clock.now(), type: 'mutation.done', ...about });
    return result;
  }

  /**
   * Records a job, which goes on by itself on its host, before it begins; gives what records that it is over. To be asked for after `admit`.
   * Throws as `requireLeases`, and `journal.write`.
   */
  async recordJob(
    host: Host,
    job: string,
    what: string,
    ownTime: Milliseconds,
  ): Promise<() => Promise<void>> {
    const { journal, clock } = this.#options;
    this.requireLeases(what);
    this.#count += 1;
    const about = { id: String(this.#count), host: host.id };
    await journal.append({ at: clock.now(), type: 'mutation.intended', ...about, what, ownTime, job });
    return () => journal.append({ at: clock.now(), type: 'mutation.done', ...about });
  }

  /** All that `perform` checks, for a change that has its own record. Throws as `perform` does. */
  async admit(change: Change, signal?: AbortSignal): Promise<void> {
    await this.#earlierOver(change, signal);
    signal?.throwIfAborted();
    this.requireLeases(change.what, change.restoring);
    if (change.where === 'host') {
      for (const guard of this.#guards) {
        if (guard.hosts.has(change.host.id)) await this.#ask(guard, change.host, signal);
      }
      // The answer may have taken its time, and so may have this whole process.
      this.requireLeases(change.what, change.restoring);
      signal?.throwIfAborted();
    }
  }

  /** Nothing more is changed: this lease is known to be lost. */
  lose(lease: Lease, reason: AdfError): void {
    const guard = this.#guards.find((one) => one.lease === lease);
    if (guard === undefined) return;
    guard.lost = true;
    this.#close(reason);
  }

  /** The lease is about to be released: what still waits to be sent under it is refused from now on. */
  release(lease: Lease): void {
    const guard = this.#guards.find((one) => one.lease === lease);
    if (guard !== undefined) guard.lost = true;
  }

  /** Nothing was changed under this lease, and nothing will be: the run goes on without it. */
  forget(lease: Lease): void {
    const at = this.#guards.findIndex((one) => one.lease === lease);
    if (at >= 0) this.#guards.splice(at, 1);
  }

  /** Aborted when a lease is known to be lost: a wait for what would be refused then ends at once. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Why nothing but restoring may go on any more; undefined while all may. */
  get closedBy(): AdfError | undefined {
    return (
      this.#closed ??
      (this.#guards.some((guard) => this.#isOver(guard)) ? leaseOver('its time is up') : undefined)
    );
  }

  /**
   * Whether this was thrown since a lease ran out, so that what restores may go on once it is ours again. A host that met a newer epoch is
   * another run's matter: this run must not take its lease away.
   */
  mayRegain(error: unknown): boolean {
    if (!(error instanceof AdfError) || error.code === leaseFencedCode) return false;
    return error.code === leaseOverCode || error === this.closedBy;
  }

  /** Throws why nothing may be changed any more: `interlock.lease_over`, `lease.lost`, `lease.fenced`. */
  requireLeases(what: string, restoring = false): void {
    if (this.#closed !== undefined && !restoring) throw this.#closed;
    if (this.#guards.some((guard) => this.#isOver(guard))) throw this.#closed ?? leaseOver(what);
  }

  /** Throws `interlock.not_leased` when this run holds leases, and none of them is good for this host. */
  requireLeaseOf(host: Host): void {
    if (this.#guards.length === 0 || this.#guards.some(({ hosts }) => hosts.has(host.id))) return;
    throw notLeased(host);
  }

  /**
   * To be asked before a host is restored: when leases were lost it has them taken anew. All who restore at that time wait for one answer.
   * Throws why a lease is not ours again; it is not tried twice then.
   */
  async readyToRestore(): Promise<void> {
    if (this.#regaining === undefined) {
      const over = this.#guards.filter((guard) => this.#isOver(guard));
      if (over.length === 0) return;
      this.#close(leaseOver('its time is up'));
      const regaining = this.#regain(over);
      this.#regaining = regaining;
      await regaining;
      this.#regaining = undefined;
    } else await this.#regaining;
  }

  async #earlierOver(change: Change, signal: AbortSignal | undefined): Promise<void> {
    if (change.where !== 'host') return;
    await this.requests.over(change.host.id, { only: notJobs, ...defined({ signal }) });
  }

  async #regain(over: readonly Guard[]): Promise<void> {
    for (const guard of over) {
      if (guard.of.regain === undefined) throw this.closedBy ?? leaseOver('restore');
      guard.lease = await guard.of.regain();
      guard.lost = false;
    }
  }

  async #ask(guard: Guard, host: Host, signal: AbortSignal | undefined): Promise<void> {
    const { fence } = this.#options;
    const { lease, of } = guard;
    try {
      await fence.admit(host, { lease: lease.name, epoch: lease.epoch, run: of.run }, signal);
    } catch (error) {
      if (error instanceof AdfError && error.code === leaseFencedCode) this.lose(lease, error);
      throw error;
    }
  }

  #close(reason: AdfError): void {
    this.#closed ??= reason;
    this.#lost.abort(this.#closed);
  }

  #isOver({ lease, lost }: Guard): boolean {
    return lost || this.#options.clock.elapsed() >= lease.deadline;
  }
}
