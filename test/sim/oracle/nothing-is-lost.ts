import { registrationKey } from '../../../src/model/registration.js';
import { Replay } from './replay.js';
import type { Statement } from './story.js';

const promise = 0;

/**
 * Promise 1: a run ends with every touched host in service or named. The statements 2 and 8 say what each host is left with; this one, that
 * nothing is held of a host any more that nobody named. A registration comes back without its host: the note of one that is there again may
 * stay on a host that was out of reach when it was to be taken off.
 */
export const holdsNothingUnnamed: Statement = ({ initial, timeline, named, isOver, final }) => {
  if (!isOver) return [];
  const world = new Replay(initial);
  for (const entry of timeline) world.apply(entry);
  const registered = new Set(
    final.targets
      .filter(({ state }) => state !== 'draining' && state !== 'unused')
      .map(({ registration }) => registrationKey(registration)),
  );
  const gone = new Set(timeline.flatMap((entry) => (entry.type === 'host.gone' ? [entry.host] : [])));
  return [...world.holds]
    .filter(([host]) => !named.includes(host) && !gone.has(host))
    .flatMap(([host, held]) => [...held.values()].map((note) => ({ host, ...note })))
    .filter(({ hold }) => hold.kind !== 'registration' || !registered.has(registrationKey(hold.registration)))
    .map(({ host, run, hold }) => ({
      statement: promise,
      at: final.at,
      what: `${host} still has the note of ${run} that its ${hold.kind} is held, and nobody named it`,
    }));
};
