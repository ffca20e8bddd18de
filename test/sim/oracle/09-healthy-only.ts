import type { Milliseconds } from '../../../src/model/duration.js';
import type { ContainerId, HostId } from '../../../src/model/ids.js';
import { registrationKey } from '../../../src/model/registration.js';
import { replay } from './replay.js';
import { isProgram } from '../../fakes/world/timeline.js';
import {
  groupOfContainer,
  isTargetGroupOf,
  namesOfContainers,
  type Statement,
  type StoryGroup,
  type Violation,
} from './story.js';

/** A container may end between the last probe and the registration. */
const sinceLastProbe: Milliseconds = 30_000;

/** A program changed a container of the group on the host. */
interface Touch {
  readonly host: HostId;
  readonly group: StoryGroup | undefined;
  readonly at: Milliseconds;
}

/**
 * 9. An unhealthy host is never put in service. Three may go back without being healthy: a registration that a run found unhealthy when it
 * began or when it took it, one whose group's containers no program touched since it was taken (the balancer's own check guards it), and one whose
 * container had ended by itself when a run took it: the host goes back to exactly that (seed 800).
 */
export const registersOnlyHealthyHosts: Statement = (story) => {
  const { initial, timeline } = story;
  const names = namesOfContainers(story);
  const violations: Violation[] = [];
  const foundUnhealthy = new Set(
    initial.targets
      .filter(({ state }) => state !== 'healthy')
      .map(({ registration }) => registrationKey(registration)),
  );
  const foundDown = new Set<ContainerId>();
  const takenAt = new Map<string, Milliseconds>();
  const touches: Touch[] = [];
  replay(initial, timeline, (entry, before) => {
    if (entry.type === 'lease.taken') {
      for (const [key, { state }] of before.targets) if (state !== 'healthy') foundUnhealthy.add(key);
    }
    if ('container' in entry && isProgram(entry.by)) {
      const group = groupOfContainer(story, names.get(entry.container) ?? '');
      touches.push({ host: entry.host, group, at: entry.at });
    }
    if (entry.type === 'hold.kept' && entry.hold.kind === 'container') {
      const { previous } = entry.hold;
      if (previous?.running === false && before.containers.get(previous.id)?.running === false)
        foundDown.add(previous.id);
    }
    if (entry.type === 'target.deregistered') {
      const taken = registrationKey(entry.registration);
      takenAt.set(taken, entry.at);
      const { host, registration } = entry;
      const isServed = before.onPort(host, registration.port) !== undefined;
      if (before.targets.get(taken)?.state !== 'healthy' || !isServed) foundUnhealthy.add(taken);
    }
    if (entry.type !== 'target.registered' || !isProgram(entry.by)) return;
    const key = registrationKey(entry.registration);
    const container =
      before.onPort(entry.host, entry.registration.port) ??
      [...before.containers.values()].find(
        ({ host, ports, servedAt }) =>
          host === entry.host && ports.includes(entry.registration.port) && servedAt !== undefined,
      );
    const served = container?.serving === true ? entry.at : (container?.servedAt ?? Number.NEGATIVE_INFINITY);
    if (entry.at - served <= sinceLastProbe || foundUnhealthy.has(key)) return;
    if (container?.running === false && foundDown.has(container.id)) return;
    const { targetGroup } = entry.registration;
    const touched = touches.findLast(
      ({ host, group }) =>
        host === entry.host && (group === undefined || isTargetGroupOf(group, targetGroup)),
    );
    const untouched = (touched?.at ?? Number.NEGATIVE_INFINITY) < (takenAt.get(key) ?? entry.at);
    if (!untouched)
      violations.push({ statement: 9, at: entry.at, what: `${key} was registered while it did not serve` });
  });
  return violations;
};
