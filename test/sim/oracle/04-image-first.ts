import { replay } from './replay.js';
import { ofEach, type Violation } from './story.js';

/** 4. No host leaves service before its image is pulled and verified. Whoever recovers a host starts what is on it. */
export const pullsBeforeItDrains = ofEach(({ actor, release }, { initial, timeline }) => {
  const violations: Violation[] = [];
  replay(initial, timeline, (entry, before) => {
    if (entry.type !== 'target.deregistered' || entry.by !== actor) return;
    if (before.images.get(entry.host)?.has(release) === true) return;
    if (before.isRecovering(actor, entry.host)) return;
    violations.push({ statement: 4, at: entry.at, what: `${entry.host} left service without the image` });
  });
  return violations;
});
