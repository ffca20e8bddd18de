import { replay } from './replay.js';
import type { Statement, Violation } from './story.js';

/** 4. No host leaves service before its image is pulled and verified. */
export const pullsBeforeItDrains: Statement = ({ initial, timeline, release }) => {
  const violations: Violation[] = [];
  replay(initial, timeline, (entry, before) => {
    if (entry.type !== 'target.deregistered' || entry.by !== 'program') return;
    if (before.images.get(entry.host)?.has(release) === true) return;
    violations.push({ statement: 4, at: entry.at, what: `${entry.host} left service without the image` });
  });
  return violations;
};
