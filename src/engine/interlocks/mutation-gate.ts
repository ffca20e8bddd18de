import type { AdfError } from '../../errors/adf-error.js';
import { leaseOver } from '../../errors/engine.js';
import type { HostId } from '../../model/ids.js';
import type { Clock } from '../../ports/clock.js';
import type { Journal } from '../../ports/journal.js';
import type { Lease } from '../../ports/lease-store.js';

/**
 * Every change to the world passes here: not past the lease's local deadline, and not before the journal has it on disk. When
 * the journal cannot be written, nothing is changed.
 */
export class MutationGate {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #leases: Lease[] = [];
  #closed: AdfError | undefined;
  #count = 0;

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** From now on this lease must be alive. */
  guardBy(lease: Lease): void {
    this.#leases.push(lease);
  }

  /**
   * Records, acts, records that it is done. `host` is undefined for what is no host's: an Auto Scaling group's. Throws `interlock.lease_over`, `journal.write`, the signal's reason when it is aborted
   * before the change begins, and what `act` throws.
   */
  async perform<T>(
    host: HostId | undefined,
    what: string,
    signal: AbortSignal,
    act: () => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    this.requireLeases(what);
    this.#count += 1;
    const about = { id: String(this.#count), ...(host === undefined ? {} : { host }) };
    await this.#journal.append({ at: this.#clock.now(), type: 'mutation.intended', ...about, what });
    this.requireLeases(what);
    signal.throwIfAborted();
    const result = await act();
    await this.#journal.append({ at: this.#clock.now(), type: 'mutation.done', ...about });
    return result;
  }

  /** Nothing more is changed: a lease is known to be lost. */
  close(reason: AdfError): void {
    this.#closed ??= reason;
  }

  /** Why nothing may be changed any more; undefined while it may. */
  get closedBy(): AdfError | undefined {
    const now = this.#clock.elapsed();
    return (
      this.#closed ??
      (this.#leases.some(({ deadline }) => now >= deadline) ? leaseOver('its time is up') : undefined)
    );
  }

  /** Throws why nothing may be changed any more: `interlock.lease_over`, `lease.lost`. */
  requireLeases(what: string): void {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.closedBy !== undefined) throw leaseOver(what);
  }
}
