import { Replay } from './replay.js';
import type { Statement } from './story.js';

const promise = 0;

/**
 * Promise 1: a run ends with every touched host in service or named. The statements 2 and 8 say what each host is left with; this one, that
 * nothing is held of a host any more that nobody named. A registration comes back without its host: the note of one may stay on a host that
 * was out of reach when it was to be taken off.
 */
export const holdsNothingUnnamed: Statement = ({ initial, timeline, calls, named, isOver, final }) => {
  if (!isOver) return [];
  const world = new Replay(initial);
  for (const entry of timeline) world.apply(entry);
  const triedToForget = new Set(
    calls.flatMap(({ method, about }) => (method === 'forgetHold' ? [about] : [])),
  );
  const gone = new Set(timeline.flatMap((entry) => (entry.type === 'host.gone' ? [entry.host] : [])));
  return [...world.holds]
    .filter(([host]) => !named.includes(host) && !gone.has(host))
    .flatMap(([host, held]) => [...held.keys()].map((note) => ({ host, note })))
    .filter(({ note }) => !triedToForget.has(note.slice(note.indexOf(' ') + 1)))
    .map(({ host, note }) => ({
      statement: promise,
      at: final.at,
      what: `${host} still has the note of ${note}, and nobody named it`,
    }));
};
