import { replay } from './replay.js';
import type { Statement, Violation } from './story.js';

/** 3. A container is not stopped before its host is drained: no target group knows the host any more. */
export const stopsOnlyDrainedHosts: Statement = ({ initial, timeline }) => {
  const violations: Violation[] = [];
  replay(initial, timeline, (entry, before) => {
    if (entry.by !== 'program') return;
    if (entry.type !== 'container.stopped' && entry.type !== 'container.removed') return;
    if (before.containers.get(entry.container)?.running !== true) return;
    const known = before.targetsOf(entry.host).find(({ state }) => state !== 'unused');
    if (known === undefined) return;
    const what = `${entry.container} was stopped while its port ${known.registration.port} was ${known.state}`;
    violations.push({ statement: 3, at: entry.at, what });
  });
  return violations;
};
