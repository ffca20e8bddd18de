import type { Milliseconds } from '../../../src/model/duration.js';
import type { ContainerId, HostId } from '../../../src/model/ids.js';
import type { Entry } from '../../fakes/world/timeline.js';
import { blipsOf } from './reach.js';
import type { Story } from './story.js';

type History = Pick<Story, 'initial' | 'timeline'>;

interface Container {
  readonly id: ContainerId;
  readonly host: HostId;
}

/** A program looks at a container first, and then writes down that it holds it. */
const fromLookToHold: Milliseconds = 5_000;

/**
 * A container that runs; or that is down only since its Engine is being restarted in a blip, and which that will start again, or which was seen
 * running just before.
 */
export function runsButForItsEngine(
  story: History,
  container: Container & { readonly running: boolean },
  at: Milliseconds,
): boolean {
  if (container.running) return true;
  const end = endWithItsEngine(story, container, at);
  if (end === undefined) return false;
  return (
    isStartedAgain(story, container) ||
    (at - end.at <= fromLookToHold && isHeldAsRunning(story, container, at))
  );
}

function endWithItsEngine(
  { timeline }: History,
  { id, host }: Container,
  at: Milliseconds,
): Entry | undefined {
  const end = timeline.findLast(
    (entry) =>
      entry.at <= at &&
      'container' in entry &&
      entry.container === id &&
      /stopped|exited|started/.test(entry.type),
  );
  if (end?.type !== 'container.exited') return undefined;
  const isOfBlip = blipsOf({ timeline }, host).some(
    (blip) => blip.of === 'dockerd' && end.at >= blip.at && end.at <= blip.at + blip.lasts,
  );
  return isOfBlip ? end : undefined;
}

function isHeldAsRunning({ timeline }: History, { id, host }: Container, at: Milliseconds): boolean {
  const kept = timeline.find(
    (entry) =>
      entry.at >= at &&
      entry.type === 'hold.kept' &&
      entry.host === host &&
      entry.hold.kind === 'container' &&
      entry.hold.previous?.id === id,
  );
  return kept?.type === 'hold.kept' && kept.hold.kind === 'container' && kept.hold.previous?.running === true;
}

/** By the restart policy that it had in the beginning: one that ended by SIGTERM has not failed. */
export function isStartedAgain({ initial }: Pick<Story, 'initial'>, { id, host }: Container): boolean {
  const found = initial.hosts.find((one) => one.id === host)?.containers.find((one) => one.id === id);
  return found?.restartPolicy.name === 'always' || found?.restartPolicy.name === 'unless-stopped';
}
