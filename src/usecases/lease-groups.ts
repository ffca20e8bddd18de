import type { AdfError } from '../errors/adf-error.js';
import type { Run } from '../engine/run.js';
import type { Milliseconds } from '../model/duration.js';
import type { Lease } from '../ports/lease-store.js';
import { keepRenewed, type KeptLease } from '../state/keep-renewed.js';
import { waitForLease } from '../state/wait-for-lease.js';
import type { GroupSessions } from './group-sessions.js';
import type { World } from './world.js';

/** How long a lease lives without being renewed: what a killed run keeps others waiting. */
const leaseDuration: Milliseconds = 120_000;

export interface HeldLeases {
  release(): Promise<void>;
}

/**
 * Takes the lease of every group, in the order of their names so that two runs cannot wait for one another, and keeps them renewed.
 * From then on no mutation starts past their deadlines. Throws `lease.held`, `lease.unavailable`; what it got is let go then.
 */
export async function leaseGroups(
  groups: readonly { readonly opened: Pick<GroupSessions, 'group' | 'hosts'> }[],
  run: Run,
  { leases: store, owner, clock, random }: World,
  wait: Milliseconds,
): Promise<HeldLeases> {
  const held: { readonly lease: Lease; readonly kept: KeptLease }[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(
      held.map(async ({ lease, kept }) => {
        await kept.stop();
        await lease.release();
      }),
    );
  };
  const onLost = (reason: AdfError): void => {
    run.gate.close(reason);
    run.bus.emit({ type: 'warning', message: reason.message });
  };
  try {
    for (const { opened } of groups.toSorted((a, b) => (a.opened.group < b.opened.group ? -1 : 1))) {
      const request = {
        environment: run.environment,
        group: opened.group,
        hosts: opened.hosts,
        owner: { run: run.id, ...owner },
        duration: leaseDuration,
      };
      const lease = await waitForLease(store, request, {
        wait,
        clock,
        random,
        signal: run.stop.signal,
        onHeld: ({ message }) => run.bus.emit({ type: 'warning', message }),
      });
      run.gate.guardBy(lease);
      held.push({ lease, kept: keepRenewed(lease, { duration: leaseDuration, clock, onLost }) });
    }
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}
