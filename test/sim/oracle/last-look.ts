import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import type { Entry } from '../../fakes/world/timeline.js';
import { wasOutOfReach } from './reach.js';
import type { Program, Story } from './story.js';

/** The longest way of a call to its host (network.ts). */
const onItsWay: Milliseconds = 1_000;

/** When a program saw last what a host runs. */
export function lastLookAt(host: HostId, program: Program, story: Story): Milliseconds {
  const look = story.calls.findLast(
    ({ by, host: asked, method, fault, at }) =>
      by === program.actor &&
      asked === host &&
      (method === 'list' || method === 'inspect') &&
      fault === 'none' &&
      !wasOutOfReach(story, program, host, at, at + onItsWay),
  );
  return look?.at ?? Number.NEGATIVE_INFINITY;
}

/** What others did to a host until the program ended, and what happened there by itself. */
export const othersOn = (host: HostId, { actor, history }: Program, { timeline }: Story): readonly Entry[] =>
  timeline.slice(0, history).filter((entry) => 'host' in entry && entry.host === host && entry.by !== actor);

/** Those of them that the program cannot know of, since it looked before. */
export function unseenBy(program: Program, host: HostId, story: Story): readonly Entry[] {
  const since = lastLookAt(host, program, story);
  return othersOn(host, program, story).filter(({ at }) => at >= since);
}
