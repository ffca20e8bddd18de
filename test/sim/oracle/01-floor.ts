import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import { floorOf } from '../../../src/model/settings.js';
import { isProgram, type Actor } from '../../fakes/world/timeline.js';
import { registrationKey } from '../../../src/model/registration.js';
import { replay, type Replay } from './replay.js';
import type { Statement, Violation } from './story.js';

/** Between the program's last look and its drain, a target may fall ill that nobody could foresee. */
const unforeseeable: Milliseconds = 30_000;

/**
 * 1. In no target group does adfpush take the healthy count below `min_healthy`, nor the last healthy target of a zone
 * without cross-zone balancing. A percentage is of what a run finds registered, and of what earlier runs still have out; what a host that is
 * gone had does not come back (seed 2743).
 */
export const keepsTheFloor: Statement = ({ initial, timeline, rollout, zonal }) => {
  const violations: Violation[] = [];
  const fellIllAt = new Map<string, Milliseconds>();
  const takenOut = new Map<string, HostId>();
  const bases = new Map<string, number>();
  const baseOf = (by: Actor, targetGroup: string, before: Replay): number => {
    const known = bases.get(`${by} ${targetGroup}`);
    if (known !== undefined) return known;
    const registered = [...before.targets.values()].filter(
      ({ registration, state }) =>
        registration.targetGroup === targetGroup && state !== 'draining' && state !== 'unused',
    ).length;
    const out = [...takenOut.keys()].filter((key) => key.startsWith(targetGroup)).length;
    bases.set(`${by} ${targetGroup}`, registered + out);
    return registered + out;
  };
  replay(initial, timeline, (entry, before) => {
    if (entry.type === 'traffic.read') baseOf(entry.by, entry.targetGroup, before);
    if (entry.type === 'host.gone') {
      for (const [key, host] of takenOut) if (host === entry.host) takenOut.delete(key);
    }
    if (!('registration' in entry)) return;
    const { targetGroup } = entry.registration;
    const key = registrationKey(entry.registration);
    const target = before.targets.get(key);
    const isDrain = entry.type === 'target.deregistered' && isProgram(entry.by);
    const base = isDrain ? baseOf(entry.by, targetGroup, before) : 0;
    if (entry.type === 'target.registered') takenOut.delete(key);
    if (isDrain) takenOut.set(key, entry.host);
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
