import type { Milliseconds } from '../../../src/model/duration.js';
import { registrationKey } from '../../../src/model/registration.js';
import { isProgram } from '../../fakes/world/timeline.js';
import { replay } from './replay.js';
import { groupOfContainer, isTargetGroupOf, type Statement, type Violation } from './story.js';

/** Between the program's last look and the Engine's stop, a person may register the host by hand. */
const unforeseeable: Milliseconds = 10_000;

/** 3. A container is not stopped before its host is drained: no target group of its group knows the host any more. */
export const stopsOnlyDrainedHosts: Statement = (story) => {
  const { initial, timeline } = story;
  const violations: Violation[] = [];
  const registeredByHand = new Map<string, Milliseconds>();
  replay(initial, timeline, (entry, before) => {
    if (entry.type === 'target.registered' && !isProgram(entry.by)) {
      registeredByHand.set(registrationKey(entry.registration), entry.at);
    }
    if (!isProgram(entry.by)) return;
    if (entry.type !== 'container.stopped' && entry.type !== 'container.removed') return;
    const container = before.containers.get(entry.container);
    if (container?.running !== true) return;
    const group = groupOfContainer(story, container.name);
    const known = before.targetsOf(entry.host).find(({ state, registration }) => {
      const at = registeredByHand.get(registrationKey(registration)) ?? Number.NEGATIVE_INFINITY;
      const isOwn = group === undefined || isTargetGroupOf(group, registration.targetGroup);
      return isOwn && state !== 'unused' && entry.at - at > unforeseeable;
    });
    if (known === undefined) return;
    const what = `${entry.container} was stopped while its port ${known.registration.port} was ${known.state}`;
    violations.push({ statement: 3, at: entry.at, what });
  });
  return violations;
};
