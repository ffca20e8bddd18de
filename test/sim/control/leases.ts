import { leaseHeld, leaseLost } from '../../../src/errors/lease.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import type { Lease, LeaseOwner, LeaseRequest, LeaseStore } from '../../../src/ports/lease-store.js';
import type { FakeClock } from '../../fakes/fake-clock.js';
import type { Caller } from '../../fakes/port-calls.js';
import type { Timeline } from '../../fakes/world/timeline.js';

interface Held {
  readonly owner: LeaseOwner;
  readonly since: Milliseconds;
  readonly epoch: number;
  expiresAt: Milliseconds;
}

/**
 * The leases of a simulated world, as the protocol on the hosts gives them: each taking is a new epoch, and who holds one counts its time from
 * when it asked, so it believes that it ran out before the store does.
 */
export class SimulatedLeases {
  readonly #held = new Map<string, Held>();
  readonly #epochs = new Map<string, number>();

  constructor(
    private readonly clock: FakeClock,
    private readonly timeline: Timeline,
  ) {}

  seenBy(caller: Caller): LeaseStore {
    const call = <T>(method: string, about: string, effect: () => T): Promise<T> =>
      caller.calls.make({ port: 'lease', method, actor: 'lease', about }, effect);
    return {
      acquire: async (request) => {
        const askedAt = this.clock.elapsed();
        const name = nameOf(request);
        const held = await call('acquire', name, () => this.#take(name, request, caller));
        return this.#lease(name, held, request, askedAt, caller, call);
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
  #take(name: string, request: LeaseRequest, { actor }: Caller): Held {
    const now = this.clock.elapsed();
    const other = this.#holder(name);
    if (other !== undefined && other.owner.run !== request.owner.run) {
      throw leaseHeld(request, this.#describe(other));
    }
    const epoch = (this.#epochs.get(name) ?? 0) + 1;
    const held = { owner: request.owner, since: now, epoch, expiresAt: now + request.duration };
    this.#epochs.set(name, epoch);
    this.#held.set(name, held);
    this.timeline.record(actor, { type: 'lease.taken', lease: name, run: request.owner.run });
    return held;
  }

  #lease(
    name: string,
    held: Held,
    request: LeaseRequest,
    askedAt: Milliseconds,
    { actor }: Caller,
    call: <T>(method: string, about: string, effect: () => T) => Promise<T>,
  ): Lease {
    const validFor = request.duration * 0.9;
    const { clock, timeline } = this;
    const noteDeadline = (deadline: Milliseconds): Milliseconds => {
      timeline.record(actor, { type: 'lease.valid', lease: name, until: deadline });
      return deadline;
    };
    let deadline = noteDeadline(askedAt + validFor);
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
        deadline = noteDeadline(asked + validFor);
      },
      release: async () => {
        await call('release', name, () => {
          if (this.#held.get(name) === held) this.#held.delete(name);
          timeline.record(actor, { type: 'lease.released', lease: name });
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
