import type { HostId } from '../../../src/model/ids.js';
import type { WorldState } from '../../fakes/world/world.js';
import { isCalm } from './calm.js';
import type { Statement } from './story.js';

const promise = 0;

/**
 * Promise 1: a host is named when something is wrong with it. Where nothing went wrong but the release and processes that were killed, hosts can
 * be brought back: the last program names none of them. But one that was registered and unhealthy at first goes back to that, named (seed 6213).
 */
export const namesForAReason: Statement = (story) => {
  const last = story.programs.at(-1);
  if (last === undefined || !story.isOver || !isCalm(story)) return [];
  return last.named
    .filter((host) => !isIllIn(story.initial, host) || !isIllIn(last.ended, host))
    .map((host) => ({
      statement: promise,
      at: last.endedAt,
      what: `${last.actor} named ${host}, where nothing was wrong but the release`,
    }));
};

const isIllIn = ({ targets }: WorldState, of: HostId): boolean =>
  targets.some(({ host, state }) => host === of && state !== 'healthy');
