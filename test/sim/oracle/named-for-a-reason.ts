import { isCalm } from './calm.js';
import type { Statement } from './story.js';

const promise = 0;

/**
 * Promise 1: a host is named when something is wrong with it. Where nothing went wrong but the release and processes that were killed, hosts can
 * be brought back: the last program names none of them.
 */
export const namesForAReason: Statement = (story) => {
  const last = story.programs.at(-1);
  if (last === undefined || !story.isOver || !isCalm(story)) return [];
  return last.named.map((host) => ({
    statement: promise,
    at: last.endedAt,
    what: `${last.actor} named ${host}, where nothing was wrong but the release`,
  }));
};
