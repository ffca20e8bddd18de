import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import type { Actor, Entry } from '../../fakes/world/timeline.js';
import { wasOutOfReach } from './reach.js';
import type { Program, Story } from './story.js';

/** The longest way of a call to its host (network.ts). */
const onItsWay: Milliseconds = 1_000;

/** One look at a host is several calls; when one of them fails nothing was seen. */
const oneLook: Milliseconds = 2_000;

/** When a program saw last, until a moment, what a host runs. */
export function lastLookAt(
  host: HostId,
  program: Program,
  story: Story,
  until: Milliseconds = Number.POSITIVE_INFINITY,
): Milliseconds {
  const calls = story.calls.filter(
    ({ by, host: asked, at }) => by === program.actor && asked === host && at <= until,
  );
  const failedAt = calls.findLast(({ fault }) => fault !== 'none')?.at ?? Number.POSITIVE_INFINITY;
  const look = calls.findLast(
    ({ method, fault, at }) =>
      (method === 'list' || method === 'inspect') &&
      fault === 'none' &&
      Math.abs(failedAt - at) > oneLook &&
      !wasOutOfReach(story, program, host, at, at + onItsWay),
  );
  return look?.at ?? Number.NEGATIVE_INFINITY;
}

/** What others did to a host until the program ended, and what happened there by itself. */
export const othersOn = (host: HostId, { actor, history }: Program, { timeline }: Story): readonly Entry[] =>
  timeline.slice(0, history).filter((entry) => 'host' in entry && entry.host === host && entry.by !== actor);

/**
 * Those of them that the program cannot know of, since it looked before. One that was signalled makes no audit: it tells what its bake saw,
 * whatever a later task (the prune) read of the host (seed 6628).
 */
export function unseenBy(program: Program, host: HostId, story: Story): readonly Entry[] {
  const looked = lastLookAt(host, program, story);
  const baked = program.signalledAt === undefined ? undefined : settledAt(host, program, story);
  const since = Math.min(looked, baked ?? looked);
  return othersOn(host, program, story).filter(({ at }) => at >= since);
}

/** When a program took its last note off the host: the batch had passed its bake, or the host was restored. */
const settledAt = (host: HostId, { actor }: Program, { timeline }: Story): Milliseconds | undefined =>
  timeline.findLast((entry) => entry.type === 'hold.forgotten' && entry.host === host && entry.by === actor)
    ?.at;

/**
 * Others changed what a host runs between the program's last look and its taking, `at`: the look may have come before or after that, so it may
 * restore either (seed 50635).
 */
export const wasChangedSinceItsLook = (
  taking: { readonly by: Actor; readonly host: HostId; readonly at: Milliseconds },
  { calls, timeline }: Pick<Story, 'calls' | 'timeline'>,
): boolean => {
  const { by, host, at } = taking;
  const look = calls.findLast(
    (call) => call.by === by && call.host === host && call.method === 'list' && call.at <= at,
  );
  return (
    look !== undefined &&
    timeline.some(
      (entry) =>
        'container' in entry &&
        entry.type !== 'container.serving' &&
        entry.host === host &&
        entry.by !== by &&
        entry.at >= look.at &&
        entry.at <= at,
    )
  );
};
