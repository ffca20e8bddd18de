import { leaseHeld, leaseLost } from '../../../src/errors/lease.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import type { Lease, LeaseOwner, LeaseRequest, LeaseStore } from '../../../src/ports/lease-store.js';
import type { FakeClock } from '../../fakes/fake-clock.js';
import type { Caller } from '../../fakes/port-calls.js';

interface Held {
  readonly owner: LeaseOwner;
  readonly since: Milliseconds;
  readonly epoch: number;
  expiresAt: Milliseconds;
}

/**
 * The leases of a simulated world that are kept in a table of the cloud: each taking is a new epoch in one step, and who holds one counts
 * its time from when it asked, so it believes that it ran out before the table does.
 */
export class SimulatedLeaseTable {
  readonly #held = new Map<string, Held>();
  readonly #epochs = new Map<string, number>();

  constructor(private readonly clock: FakeClock) {}

  seenBy(caller: Caller): LeaseStore {
    const call = <T>(method: string, about: string, effect: () => T): Promise<T> =>
      caller.calls.make({ port: 'table', method, actor: 'table', about }, effect);
    return {
      acquire: async (request) => {
        const askedAt = this.clock.elapsed();
        const name = nameOf(request);
        const held = await call('acquire', name, () => this.#take(name, request));
        return this.#lease(name, held, request, askedAt, call);
      },
      look: (lease) =>
        call('look', nameOf(lease), () => {
          const holder = this.#holder(nameOf(lease));
          return {
            epoch: this.#epochs.get(nameOf(lease)) ?? 0,
            ...(holder === undefined ? {} : { holder: this.#describe(holder) }),
          };
        }),
      seize: (lease) =>
        call('seize', nameOf(lease), () => {
          this.#held.delete(nameOf(lease));
          const epoch = (this.#epochs.get(nameOf(lease)) ?? 0) + 1;
          this.#epochs.set(nameOf(lease), epoch);
          return { epoch };
        }),
    };
  }

  #holder(name: string): Held | undefined {
    const held = this.#held.get(name);
    return held !== undefined && held.expiresAt > this.clock.elapsed() ? held : undefined;
  }

  /** Asked again by the same run, since the answer was lost, it is that run's all the same. */
  #take(name: string, request: LeaseRequest): Held {
    const now = this.clock.elapsed();
    const other = this.#holder(name);
    if (other !== undefined && other.owner.run !== request.owner.run) {
      throw leaseHeld(request, this.#describe(other));
    }
    const epoch = Math.max(this.#epochs.get(name) ?? 0, request.above ?? 0) + 1;
    const held = { owner: request.owner, since: now, epoch, expiresAt: now + request.duration };
    this.#epochs.set(name, epoch);
    this.#held.set(name, held);
    return held;
  }

  #lease(
    name: string,
    held: Held,
    request: LeaseRequest,
    askedAt: Milliseconds,
    call: <T>(method: string, about: string, effect: () => T) => Promise<T>,
  ): Lease {
    const validFor = request.duration * 0.9;
    const { clock } = this;
    let deadline = askedAt + validFor;
    return {
      name,
      epoch: held.epoch,
      get deadline() {
        return deadline;
      },
      renew: async () => {
        const asked = clock.elapsed();
        await call('renew', name, () => {
          if (this.#holder(name) !== held) throw leaseLost(request, 'it ran out.');
          held.expiresAt = clock.elapsed() + request.duration;
        });
        deadline = asked + validFor;
      },
      release: async () => {
        await call('release', name, () => {
          if (this.#held.get(name) === held) this.#held.delete(name);
        }).catch(() => undefined);
      },
    };
  }

  #describe({ owner, since, expiresAt }: Held) {
    const now = this.clock.elapsed();
    return { ...owner, heldFor: now - since, expiresIn: expiresAt - now };
  }
}

const nameOf = ({ environment, group }: Pick<LeaseRequest, 'environment' | 'group'>): string =>
  `${environment}.${group}`;
