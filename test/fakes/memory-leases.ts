import { leaseHeld, leaseLost } from '../../src/errors/lease.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Lease, LeaseOwner, LeaseRequest, LeaseStore } from '../../src/ports/lease-store.js';
import { PortCalls } from './port-calls.js';

interface Held {
  readonly owner: LeaseOwner;
  readonly since: Milliseconds;
  expiresAt: Milliseconds;
}

/** Leases in memory, on one clock for all. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #held = new Map<string, Held>();

  constructor(
    private readonly clock: Clock,
    private readonly calls: PortCalls = new PortCalls(),
  ) {}

  acquire(request: LeaseRequest): Promise<Lease> {
    const key = `${request.environment}.${request.group}`;
    return this.#call('acquire', key, () => {
      const other = this.holder(key);
      if (other !== undefined) throw leaseHeld(request, this.#describe(other));
      const held = { owner: request.owner, since: this.clock.elapsed(), expiresAt: this.#end(request) };
      this.#held.set(key, held);
      return this.#lease(key, held, request);
    });
  }

  /** Who holds `environment.group` at this moment. */
  holder(key: string): Held | undefined {
    const held = this.#held.get(key);
    return held !== undefined && held.expiresAt > this.clock.elapsed() ? held : undefined;
  }

  /** Somebody took it away by hand. */
  steal(key: string): void {
    this.#held.delete(key);
  }

  #lease(key: string, held: Held, request: LeaseRequest): Lease {
    return {
      get deadline() {
        return held.expiresAt;
      },
      renew: () =>
        this.#call('renew', key, () => {
          if (this.holder(key) !== held) throw leaseLost(request, 'it ran out.');
          held.expiresAt = this.#end(request);
        }),
      release: () =>
        this.#call('release', key, () => {
          if (this.#held.get(key) === held) this.#held.delete(key);
        }),
    };
  }

  #end({ duration }: LeaseRequest): Milliseconds {
    return this.clock.elapsed() + duration;
  }

  #describe({ owner, since, expiresAt }: Held) {
    const now = this.clock.elapsed();
    return { ...owner, heldFor: now - since, expiresIn: expiresAt - now };
  }

  #call<T>(method: string, about: string, effect: () => T): Promise<T> {
    return this.calls.make({ port: 'lease', method, actor: 'lease', about }, effect);
  }
}
