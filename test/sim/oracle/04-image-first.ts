import { replay } from './replay.js';
import { ofEach, type Violation } from './story.js';

/** From the look at the image to the call: changes of one target group are coalesced, and follow one another by a second. */
const fromLookToCall = 5_000;

/**
 * 4. No host leaves service before its image is pulled and verified. A recovery starts what is on the host. An image that a person prunes
 * after it was verified may be gone when the call arrives (seed 33).
 */
export const pullsBeforeItDrains = ofEach(({ actor, release }, { initial, timeline }) => {
  const violations: Violation[] = [];
  replay(initial, timeline, (entry, before) => {
    if (entry.type !== 'target.deregistered' || entry.by !== actor) return;
    if (before.images.get(entry.host)?.has(release) === true) return;
    if (before.isRecovering(actor, entry.host)) return;
    const isJustPruned = timeline.some(
      (pruned) =>
        pruned.type === 'image.removed' &&
        pruned.host === entry.host &&
        pruned.digest === release &&
        pruned.by === 'operator' &&
        pruned.at <= entry.at &&
        entry.at - pruned.at < fromLookToCall,
    );
    if (isJustPruned) return;
    violations.push({ statement: 4, at: entry.at, what: `${entry.host} left service without the image` });
  });
  return violations;
});
