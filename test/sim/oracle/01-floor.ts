import type { Milliseconds } from '../../../src/model/duration.js';
import { floorOf } from '../../../src/model/settings.js';
import { replay } from './replay.js';
import type { Statement, Violation } from './story.js';

/** Between the program's last look and its drain, a target may fall ill that nobody could foresee. */
const unforeseeable: Milliseconds = 30_000;

/**
 * 1. In no target group does adfpush take the healthy count below `min_healthy`, nor the last healthy target of a zone
 * without cross-zone balancing.
 */
export const keepsTheFloor: Statement = ({ initial, timeline, rollout, zonal }) => {
  const violations: Violation[] = [];
  const fellIllAt = new Map<string, Milliseconds>();
  replay(initial, timeline, (entry, before) => {
    if (!('registration' in entry)) return;
    const { targetGroup } = entry.registration;
    const target = before
      .targetsOf(entry.host)
      .find(
        ({ registration }) =>
          registration.targetGroup === targetGroup && registration.port === entry.registration.port,
      );
    if (target?.state !== 'healthy') return;
    if (entry.type === 'target.state' && entry.state !== 'healthy' && entry.state !== 'draining') {
      fellIllAt.set(targetGroup, entry.at);
    }
    if (entry.type !== 'target.deregistered' || entry.by !== 'program') return;
    if (entry.at - (fellIllAt.get(targetGroup) ?? Number.NEGATIVE_INFINITY) < unforeseeable) return;

    const registered = initial.targets.filter(
      ({ registration, state }) =>
        registration.targetGroup === targetGroup && state !== 'draining' && state !== 'unused',
    ).length;
    const floor = floorOf(rollout.minHealthy, registered);
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
