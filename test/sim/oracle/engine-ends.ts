import type { Milliseconds } from '../../../src/model/duration.js';
import type { ContainerId, HostId } from '../../../src/model/ids.js';
import { blipsOf } from './reach.js';
import type { Story } from './story.js';

/** A container that runs, or that is down only since its Engine is being restarted in a blip, which will start it again. */
export const runsButForItsEngine = (
  story: Pick<Story, 'initial' | 'timeline'>,
  container: { readonly id: ContainerId; readonly host: HostId; readonly running: boolean },
  at: Milliseconds,
): boolean =>
  container.running || (endedWithItsEngine(story, container, at) && isStartedAgain(story, container));

function endedWithItsEngine(
  { timeline }: Pick<Story, 'timeline'>,
  { id, host }: { readonly id: ContainerId; readonly host: HostId },
  at: Milliseconds,
): boolean {
  const isOfIt = (entry: (typeof timeline)[number]): boolean =>
    entry.at <= at && 'container' in entry && entry.container === id;
  const end = timeline.findLast((entry) => isOfIt(entry) && /stopped|exited|started/.test(entry.type));
  if (end?.type !== 'container.exited') return false;
  return blipsOf({ timeline }, host).some(
    (blip) => blip.of === 'dockerd' && end.at >= blip.at && end.at <= blip.at + blip.lasts,
  );
}

/** By the restart policy that it had in the beginning: one that ended by SIGTERM has not failed. */
function isStartedAgain(
  { initial }: Pick<Story, 'initial'>,
  { id, host }: { id: ContainerId; host: HostId },
): boolean {
  const found = initial.hosts.find((one) => one.id === host)?.containers.find((one) => one.id === id);
  return found?.restartPolicy.name === 'always' || found?.restartPolicy.name === 'unless-stopped';
}
