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
   * Records, acts, records that it is done. Throws `interlock.lease_over`, `journal.write`, the signal's reason when it is aborted
   * before the change begins, and what `act` throws.
   */
  async perform<T>(host: HostId, what: string, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    this.requireLeases(what);
    this.#count += 1;
    const id = String(this.#count);
    await this.#journal.append({ at: this.#clock.now(), type: 'mutation.intended', id, host, what });
    this.requireLeases(what);
    signal.throwIfAborted();
    const result = await act();
    await this.#journal.append({ at: this.#clock.now(), type: 'mutation.done', id, host });
    return result;
  }

  /** Throws `interlock.lease_over` past the local deadline of a lease. */
  requireLeases(what: string): void {
    const now = this.#clock.elapsed();
    if (this.#leases.some(({ deadline }) => now >= deadline)) throw leaseOver(what);
  }
}
