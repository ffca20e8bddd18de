import { defaultLease } from '../../../src/config/state-schema.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import { floorOf } from '../../../src/model/settings.js';
import { isProgram, type Actor, type Entry } from '../../fakes/world/timeline.js';
import { registrationKey } from '../../../src/model/registration.js';
import { replay, type Replay } from './replay.js';
import type { Program, Statement, Violation } from './story.js';

/** Between the program's last look and its drain, a target may fall ill that nobody could foresee. */
const unforeseeable: Milliseconds = 30_000;

/**
 * What a killed run has out is known to runs of other groups for a lease after it was written; it is written again three times in a lease.
 * One that ends takes off what it wrote, also for hosts that it leaves out and names (seed 11816).
 */
const reservationLasts: Milliseconds = (defaultLease * 2) / 3;

/**
 * 1. In no target group does adfpush take the healthy count below `min_healthy`, nor the last healthy target of a zone
 * without cross-zone balancing. A percentage is of what a run finds registered, and of what earlier runs of its group, and living ones of
 * others, still have out; what a host that is gone had does not come back (seed 2743).
 */
export const keepsTheFloor: Statement = ({ initial, timeline, rollout, zonal, programs }) => {
  const violations: Violation[] = [];
  const fellIllAt = new Map<string, Milliseconds>();
  const takenOut = new Map<string, { readonly host: HostId; readonly by: Actor }>();
  const programOf = (actor: Actor): Program | undefined => programs.find((one) => one.actor === actor);
  /** Once a run of another group has ended, or its reservations have expired, other runs cannot see what it has out. */
  const isKnownTo = (by: Actor, taker: Actor, at: Milliseconds): boolean => {
    const { group, exit, endedAt = Infinity } = programOf(taker) ?? {};
    const isToldUntil = endedAt + (exit === undefined ? reservationLasts : 0);
    return programOf(by)?.group.name === group?.name || at < isToldUntil;
  };
  const bases = new Map<string, number>();
  const baseOf = ({ by, at }: Entry, targetGroup: string, before: Replay): number => {
    const known = bases.get(`${by} ${targetGroup}`);
    if (known !== undefined) return known;
    const registered = [...before.targets.values()].filter(
      ({ registration, state }) =>
        registration.targetGroup === targetGroup && state !== 'draining' && state !== 'unused',
    ).length;
    const out = [...takenOut].filter(
      ([key, taken]) => key.startsWith(targetGroup) && isKnownTo(by, taken.by, at),
    ).length;
    bases.set(`${by} ${targetGroup}`, registered + out);
    return registered + out;
  };
  replay(initial, timeline, (entry, before) => {
    if (entry.type === 'traffic.read') baseOf(entry, entry.targetGroup, before);
    if (entry.type === 'host.gone') {
      for (const [key, { host }] of takenOut) if (host === entry.host) takenOut.delete(key);
    }
    if (!('registration' in entry)) return;
    const { targetGroup } = entry.registration;
    const key = registrationKey(entry.registration);
    const target = before.targets.get(key);
    const isDrain = entry.type === 'target.deregistered' && isProgram(entry.by);
    const base = isDrain ? baseOf(entry, targetGroup, before) : 0;
    if (entry.type === 'target.registered') takenOut.delete(key);
    if (isDrain) takenOut.set(key, entry);
    if (target?.state !== 'healthy') return;
    const falls = entry.type === 'target.state' && entry.state !== 'healthy' && entry.state !== 'draining';
    if (
      falls ||
      entry.type === 'target.gone' ||
      (entry.type === 'target.deregistered' && !isProgram(entry.by))
    ) {
      fellIllAt.set(targetGroup, entry.at);
    }
    if (!isDrain) return;
    const floor = floorOf(rollout.minHealthy, base);
    if (entry.at - (fellIllAt.get(targetGroup) ?? Number.NEGATIVE_INFINITY) < unforeseeable) return;

    const left = before.healthy(targetGroup) - 1;
    const zone = before.zones.get(entry.host);
    const what = `${entry.host} was taken out of ${targetGroup}`;
    if (left < floor)
      violations.push({ statement: 1, at: entry.at, what: `${what}: ${left} left, floor ${floor}` });
    const lastOfZone = floor > 0 && zonal.includes(targetGroup) && before.healthy(targetGroup, zone) === 1;
    if (lastOfZone) violations.push({ statement: 1, at: entry.at, what: `${what}: the last of its zone` });
  });
  return violations;
};
