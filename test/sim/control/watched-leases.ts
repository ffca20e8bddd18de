import { hostLeaseName } from '../../../src/state/host-lease-name.js';
import type { Lease, LeaseStore } from '../../../src/ports/lease-store.js';
import type { FakeClock } from '../../fakes/fake-clock.js';
import type { Caller } from '../../fakes/port-calls.js';
import type { Timeline } from '../../fakes/world/timeline.js';

interface Watch {
  readonly clock: FakeClock;
  readonly timeline: Timeline;
}

/**
 * What a process asks of its leases, each as one call of its own; and what it believes then, written into the world's record: which leases
 * it has, and until when.
 */
export function watched(store: LeaseStore, { actor, calls }: Caller, { clock, timeline }: Watch): LeaseStore {
  const call = <T>(method: string, about: string, effect: () => Promise<T>): Promise<T> =>
    calls.make({ port: 'lease', method, actor: 'lease', about }, effect);
  const noteDeadline = ({ name, deadline }: Lease): void =>
    timeline.record(actor, { type: 'lease.valid', lease: name, until: deadline });
  return {
    acquire: async (request) => {
      const lease = await call('acquire', hostLeaseName(request), () => store.acquire(request));
      const { name, unbroken } = lease;
      // One that ran out while its process stood still may be another's by now.
      if (lease.deadline > clock.elapsed()) {
        timeline.record(actor, { type: 'lease.taken', lease: name, run: request.owner.run });
        noteDeadline(lease);
      }
      return {
        name,
        ...(unbroken === undefined ? {} : { unbroken }),
        get epoch() {
          return lease.epoch;
        },
        get deadline() {
          return lease.deadline;
        },
        renew: async () => {
          await call('renew', name, () => lease.renew());
          noteDeadline(lease);
        },
        release: async () => {
          timeline.record(actor, { type: 'lease.released', lease: name });
          await call('release', name, () => lease.release());
        },
        ...(lease.extend === undefined
          ? {}
          : {
              extend: async (hosts) => {
                await call('extend', name, async () => lease.extend?.(hosts));
                noteDeadline(lease);
              },
            }),
      };
    },
    look: (name) => call('look', hostLeaseName(name), () => store.look(name)),
    seize: (name, by) => call('seize', hostLeaseName(name), () => store.seize(name, by)),
  };
}
