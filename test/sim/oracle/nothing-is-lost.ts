import type { HostId } from '../../../src/model/ids.js';
import { registrationKey } from '../../../src/model/registration.js';
import { isDeed } from './deeds.js';
import { lacks } from './names-what-is-wrong.js';
import { Replay } from './replay.js';
import type { Statement, Story } from './story.js';

const promise = 0;

/**
 * Promise 1: a run ends with every touched host in service or named. The statements 2 and 8 say what each host is left with; this one, that
 * nothing is held of a host any more that nobody named. A registration comes back without its host: the note of one that is there again may
 * stay on a host that was out of reach when it was to be taken off. So may the note of a container that is back as it was, when the call that
 * was to take it off, or the journal's line before it, was lost (seeds 413, 8769): a recovery looks again.
 */
export const holdsNothingUnnamed: Statement = (story) => {
  const { initial, timeline, named, isOver, final } = story;
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
    .filter(
      ({ host, hold }) =>
        hold.kind !== 'container' || lacks(hold, final) || !wasKeptFromForgetting(host, story),
    )
    .map(({ host, run, hold }) => ({
      statement: promise,
      at: final.at,
      what: `${host} still has the note of ${run} that its ${hold.kind} is held, and nobody named it`,
    }));
};

/** After the last change on the host a call to it, or to the journal, got no answer. */
function wasKeptFromForgetting(host: HostId, { timeline, calls }: Story): boolean {
  const changedAt = timeline.findLast((entry) => isDeed(entry) && entry.host === host)?.at ?? 0;
  return calls.some(
    ({ at, fault, port, host: asked }) =>
      at >= changedAt && fault !== 'none' && (asked === host || port === 'journal'),
  );
}
