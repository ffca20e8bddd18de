import pLimit from 'p-limit';
import { reconnectDefault, type Run } from '../engine/index.js';
import { AdfError } from '../errors/adf-error.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { LeaseEpoch } from '../model/run-record.js';
import { retry, type Clock } from '../ports/clock.js';
import type { LeaseRequest } from '../ports/lease-store.js';
import { waitForLease } from '../state/wait-for-lease.js';
import type { World } from '../world/world.js';
import type { GroupSessions } from './group-sessions.js';
import { HeldLease } from './held-lease.js';
import { phase } from './phase.js';
import { ByName, takeSideBySide } from './side-by-side.js';

export interface HeldLeases {
  /**
   * Takes those of these leases that it has not yet, and keeps them as it keeps the others. Throws `lease.held`, `lease.unavailable`; what it got
   * is kept until all are released.
   */
  take(groups: readonly LeasedGroup[]): Promise<void>;
  /** Lays a group's lease on the hosts that it has now. Throws `lease.held`, `lease.unavailable`. */
  extend(group: GroupName, hosts: readonly Host[]): Promise<void>;
  /** Of each lease, as it is held at this moment. */
  readonly epochs: readonly LeaseEpoch[];
  release(): Promise<void>;
}

export interface LeasedGroup {
  readonly opened: Pick<GroupSessions, 'group' | 'hosts'>;
  /** Hosts that the run goes without. */
  readonly leftOut?: readonly { readonly session: { readonly host: Host } }[];
}

/** Takes the leases of these groups and acts under them. Throws as `leaseGroups`, and what `act` throws. */
export async function withLeases<T>(
  groups: readonly LeasedGroup[],
  run: Run,
  world: World,
  wait: Milliseconds,
  act: (leases: HeldLeases) => Promise<T>,
): Promise<T> {
  const leases = await phase(run, 'lease', () => leaseGroups(groups, run, world, wait));
  return underLeases(leases, run, () => act(leases));
}

/**
 * Acts under leases that the run has, and releases them once no request of the run can take effect any more: one whose answer was lost would
 * hit the next run, which does not know of it. Throws what `act` throws.
 */
export async function underLeases<T>(leases: HeldLeases, run: Run, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } finally {
    await closeRun(run);
    await Promise.all([run.gate.requests.allOver(), run.ports.traffic.allRequestsOver()]);
    await leases.release();
  }
}

/** Ends what a run keeps doing beside its tasks: renewing reservations, waiting for what does not answer. Never throws. */
export async function closeRun({ reservations, blips }: Run): Promise<void> {
  await reservations.end();
  blips.end();
}

/** Who waits wants to know for whom, and not with every question. */
const tellAgain: Milliseconds = 60_000;

/**
 * Takes the lease of every group, in the order of their names where another run has one, so that two runs do not wait for each other; and keeps
 * them renewed.
 * From then on no mutation starts past their deadlines, or where a newer epoch was. Throws `lease.held`, `lease.unavailable`; what it got
 * is released then.
 */
export async function leaseGroups(
  groups: readonly LeasedGroup[],
  run: Run,
  world: World,
  wait: Milliseconds,
): Promise<HeldLeases> {
  const held: HeldLease[] = [];
  const limit = pLimit(Math.max(1, run.forks));
  const oneByOne = new ByName();
  const release = async (): Promise<void> => {
    await Promise.all(held.map((lease) => lease.release()));
  };
  const acquire = async ({ opened, leftOut = [] }: LeasedGroup, wait: Milliseconds): Promise<HeldLease> => {
    const request: LeaseRequest = {
      environment: run.environment,
      group: opened.group,
      hosts: opened.hosts,
      leftOut: leftOut.map(({ session }) => session.host.id),
      owner: { run: run.id, ...world.owner },
      duration: world.leaseDuration,
    };
    const lease = await waitForLease(world.leases, request, {
      wait,
      clock: world.clock,
      random: world.random,
      signal: run.stop.signal,
      onHeld: atMostEvery(tellAgain, world.clock, ({ message }) =>
        run.bus.emit({ type: 'warning', message }),
      ),
    });
    return new HeldLease(lease, request, world, run);
  };
  const take = (wanted: readonly LeasedGroup[]): Promise<void> =>
    oneByOne.run(
      wanted.map(({ opened }) => opened.group),
      async () => {
        const missing = wanted
          .filter(({ opened }) => !held.some(({ group }) => group === opened.group))
          .toSorted((a, b) => (a.opened.group < b.opened.group ? -1 : 1));
        const taking = {
          acquire: (one: LeasedGroup, waiting: 'not' | 'as_asked') =>
            limit(() => acquire(one, waiting === 'not' ? 0 : wait)),
          letGo: (lease: HeldLease) => lease.letGo(),
          keep: (lease: HeldLease) => void held.push(lease),
        };
        await takeSideBySide(missing, taking, wait > 0);
      },
    );
  try {
    await take(groups);
    const extend = async (group: GroupName, hosts: readonly Host[]): Promise<void> => {
      for (const lease of held) {
        if (lease.group !== group) continue;
        const { clock, random } = world;
        await retry(() => lease.extend(hosts), {
          clock,
          random,
          patience: reconnectDefault,
          mayPass: (error) => error instanceof AdfError && error.code === 'lease.unavailable',
          signal: run.stop.signal,
        });
      }
    };
    return {
      take,
      extend,
      release,
      get epochs() {
        return held.map(({ group, epoch }) => ({ group, epoch }));
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

function atMostEvery(
  pause: Milliseconds,
  clock: Clock,
  tell: (held: AdfError) => void,
): (held: AdfError) => void {
  let toldAt = -Infinity;
  return (held) => {
    if (clock.elapsed() - toldAt < pause) return;
    toldAt = clock.elapsed();
    tell(held);
  };
}
