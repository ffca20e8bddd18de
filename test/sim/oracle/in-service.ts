import type { HostId } from '../../../src/model/ids.js';
import { registrationKey } from '../../../src/model/registration.js';
import type { Entry } from '../../fakes/world/timeline.js';
import type { Statement } from './story.js';

const promise = 0;

/**
 * Promise 1: every host is in service at the end that was so at the beginning, or it is named; unless a person was there, or it crashed, was
 * rebooted or failed its checks for no reason of ours.
 */
export const endsInService: Statement = ({ initial, final, named, isOver, timeline, faults }) => {
  if (!isOver) return [];
  const now = new Map(final.targets.map(({ registration, state }) => [registrationKey(registration), state]));
  const excused = new Set<HostId>([
    ...named,
    ...timeline.filter(isNoneOfOurs).flatMap((entry) => ('host' in entry ? [entry.host] : [])),
  ]);
  const flapped = new Set<string>(faults.flaps.map(({ host }) => host));
  return initial.targets
    .filter(({ state, host }) => state === 'healthy' && !excused.has(host) && !flapped.has(host))
    .flatMap(({ registration, host }) => {
      // One that is not registered breaks statement 2.
      const state = now.get(registrationKey(registration)) ?? 'unused';
      if (['healthy', 'unused', 'draining'].includes(state)) return [];
      return [{ statement: promise, at: final.at, what: `${host} is ${state}, and was healthy` }];
    });
};

const isNoneOfOurs = (entry: Entry): boolean => {
  const { type, by } = entry;
  return (
    type === 'container.exited' ||
    type === 'host.gone' ||
    (type === 'blip' && entry.of === 'machine') ||
    type === 'host.down' ||
    by === 'operator'
  );
};
