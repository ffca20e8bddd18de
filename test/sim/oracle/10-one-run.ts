import type { Milliseconds } from '../../../src/model/duration.js';
import type { Actor, Entry } from '../../fakes/world/timeline.js';
import type { CallRecord } from '../network.js';
import type { Statement } from './story.js';

/** Calls that change something in the world, or say that something is about to be. */
const changing: ReadonlySet<string> = new Set([
  'pull',
  'create',
  'start',
  'stop',
  'rename',
  'setRestartPolicy',
  'remove',
  'ensureNetwork',
  'removeImage',
  'register',
  'deregister',
  'suspend',
  'resume',
  'tag',
  'keepHold',
  'runStep',
]);

export const isChange = ({ method }: Pick<CallRecord, 'method'>): boolean => changing.has(method);

/**
 * 10. One run per environment and group; a run starts no mutation past its lease's local deadline. So when a call that changes something
 * begins, its program has the lease, by its own clock, and nobody was given it since. A recovery may register an untouched host without the
 * lease while its group is frozen and no other program has it (seed 716).
 */
export const changesOnlyUnderItsLease: Statement = ({ calls, timeline }) =>
  calls.filter(isChange).flatMap((call) => {
    const { validUntil, takenBy } = leaseAt(call.at, call.by, timeline);
    const what = `${call.by} began ${call.method} ${call.about} of ${call.actor}`;
    if (validUntil === undefined && call.method === 'register' && isFree(call.at, timeline)) return [];
    if (validUntil === undefined) return [{ statement: 10, at: call.at, what: `${what} without a lease` }];
    if (call.at >= validUntil) {
      const late = Math.round(call.at - validUntil);
      return [{ statement: 10, at: call.at, what: `${what} ${late} ms past the deadline of its lease` }];
    }
    if (takenBy === call.by) return [];
    return [{ statement: 10, at: call.at, what: `${what} while ${takenBy ?? 'nobody'} had the lease` }];
  });

/** 10, too: no two programs believe at one moment that they have the same lease, whether they change something or not. */
export const holdsItsLeaseAlone: Statement = ({ timeline }) => {
  const holders = new Map<string, Map<Actor, Milliseconds>>();
  return timeline.flatMap((entry) => {
    const { at, by } = entry;
    if (entry.type === 'process' && (entry.became === 'killed' || entry.became === 'ended')) {
      for (const beliefs of holders.values()) beliefs.delete(by);
    }
    if (entry.type === 'lease.released') holders.get(entry.lease)?.delete(by);
    if (entry.type !== 'lease.valid') return [];
    const { lease, until } = entry;
    const beliefs = holders.get(lease) ?? new Map<Actor, Milliseconds>();
    holders.set(lease, beliefs.set(by, until));
    const others = [...beliefs].filter(([other, end]) => other !== by && end > at && until > at);
    return others.map(([other]) => ({
      statement: 10,
      at,
      what: `${by} and ${other} both have the lease ${lease}`,
    }));
  });
};

/** No program that lives believes at this moment that it has a lease. */
function isFree(at: Milliseconds, timeline: readonly Entry[]): boolean {
  const past = timeline.filter((entry) => entry.at <= at);
  const over = new Set(
    past.flatMap((entry) =>
      entry.type === 'process' && (entry.became === 'killed' || entry.became === 'ended') ? [entry.by] : [],
    ),
  );
  return !past.some((entry) => entry.type === 'lease.valid' && entry.until > at && !over.has(entry.by));
}

/** Until when this program believes in the lease that it has, and who was given that last. It has one at a time. */
function leaseAt(
  at: Milliseconds,
  by: Actor,
  timeline: readonly Entry[],
): { readonly validUntil?: Milliseconds; readonly takenBy?: Actor } {
  let validUntil: Milliseconds | undefined;
  let lease: string | undefined;
  const takers = new Map<string, Actor>();
  for (const entry of timeline) {
    if (entry.at > at) break;
    if (entry.type === 'lease.taken') takers.set(entry.lease, entry.by);
    if (entry.type === 'lease.valid' && entry.by === by) {
      validUntil = entry.until;
      lease = entry.lease;
    }
  }
  const takenBy = lease === undefined ? undefined : takers.get(lease);
  return {
    ...(validUntil === undefined ? {} : { validUntil }),
    ...(takenBy === undefined ? {} : { takenBy }),
  };
}
