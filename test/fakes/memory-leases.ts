import { leaseHeld, leaseLost } from '../../src/errors/lease.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { Clock } from '../../src/ports/clock.js';
import type {
  Lease,
  LeaseHolder,
  LeaseLook,
  LeaseName,
  LeaseOwner,
  LeaseRequest,
  LeaseStore,
} from '../../src/ports/lease-store.js';
import { PortCalls } from './port-calls.js';

interface Held {
  readonly owner: LeaseOwner;
  readonly since: Milliseconds;
  readonly epoch: number;
  expiresAt: Milliseconds;
}

/** Leases in memory, on one clock for all. */
export class MemoryLeaseStore implements LeaseStore {
  readonly #held = new Map<string, Held>();
  readonly #epochs = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly calls: PortCalls = new PortCalls(),
  ) {}

  acquire(request: LeaseRequest): Promise<Lease> {
    const key = keyOf(request);
    return this.#call('acquire', key, () => {
      const other = this.holder(key);
      // Asked again, since the first answer was lost on its way.
      if (other !== undefined && other.owner.run !== request.owner.run) {
        throw leaseHeld(request, this.#describe(other));
      }
      const held = {
        owner: request.owner,
        since: this.clock.elapsed(),
        epoch: this.#next(key),
        expiresAt: this.#end(request),
      };
      this.#held.set(key, held);
      return this.#lease(key, held, request);
    });
  }

  look(name: LeaseName): Promise<LeaseLook> {
    return this.#call('look', keyOf(name), () => this.#look(keyOf(name)));
  }

  seize(name: LeaseName): Promise<LeaseLook> {
    return this.#call('seize', keyOf(name), () => {
      this.steal(keyOf(name));
      return this.#look(keyOf(name));
    });
  }

  /** Who holds `environment.group` at this moment. */
  holder(key: string): Held | undefined {
    const held = this.#held.get(key);
    return held !== undefined && held.expiresAt > this.clock.elapsed() ? held : undefined;
  }

  /** It ran out: its run was asleep. */
  lapse(key: string): void {
    const held = this.#held.get(key);
    if (held !== undefined) held.expiresAt = this.clock.elapsed();
  }

  /** Somebody took it away by hand. */
  steal(key: string): void {
    this.#held.delete(key);
    this.#next(key);
  }

  #lease(key: string, held: Held, request: LeaseRequest): Lease {
    return {
      get deadline() {
        return held.expiresAt;
      },
      name: key,
      epoch: held.epoch,
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

  #look(key: string): LeaseLook {
    const held = this.holder(key);
    const epoch = this.#epochs.get(key) ?? 0;
    return held === undefined ? { epoch } : { epoch, holder: this.#describe(held) };
  }

  #next(key: string): number {
    const epoch = (this.#epochs.get(key) ?? 0) + 1;
    this.#epochs.set(key, epoch);
    return epoch;
  }

  #end({ duration }: LeaseRequest): Milliseconds {
    return this.clock.elapsed() + duration;
  }

  #describe({ owner, since, expiresAt }: Held): LeaseHolder {
    const now = this.clock.elapsed();
    return { ...owner, heldFor: now - since, expiresIn: expiresAt - now };
  }

  #call<T>(method: string, about: string, effect: () => T): Promise<T> {
    return this.calls.make({ port: 'lease', method, actor: 'lease', about }, effect);
  }
}

const keyOf = ({ environment, group }: LeaseName): string => `${environment}.${group}`;
