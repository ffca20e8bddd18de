import { registrationKey } from '../../../src/model/registration.js';
import { isProgram, type Entry } from '../../fakes/world/timeline.js';
import type { WorldState } from '../../fakes/world/world.js';
import type { Statement } from './story.js';

/**
 * 2. Every deregistered registration is registered again exactly as it was, or as planned, or its host is named. In the
 * simulation what is planned is what was: so what is registered at the end must have been so at the beginning, too; unless its machine went,
 * or a person was the last to change it.
 */
export const losesNoRegistration: Statement = ({ initial, final, named, timeline, isOver }) => {
  if (!isOver) return [];
  const was = registered(initial);
  const is = registered(final);
  const lastBy = new Map(
    timeline.filter(isChange).map(({ registration, by }) => [registrationKey(registration), by] as const),
  );
  const gone = new Set(timeline.flatMap((entry) => (entry.type === 'host.gone' ? [entry.host] : [])));
  const joined = new Set(timeline.flatMap((entry) => (entry.type === 'host.joined' ? [entry.host] : [])));
  const byProgram = ([key]: readonly [string, unknown]): boolean => isProgram(lastBy.get(key) ?? 'program');
  const lost = [...was].filter(([key, host]) => !is.has(key) && !named.includes(host) && !gone.has(host));
  const strange = [...is].filter(([key, host]) => !was.has(key) && !joined.has(host));
  return [
    ...lost
      .filter(byProgram)
      .map(([key]) => ({ statement: 2, at: final.at, what: `${key} is not registered any more` })),
    ...strange
      .filter(byProgram)
      .map(([key]) => ({ statement: 2, at: final.at, what: `${key} was never registered before` })),
  ];
};

const isChange = (
  entry: Entry,
): entry is Extract<Entry, { type: 'target.registered' | 'target.deregistered' }> =>
  entry.type === 'target.registered' || entry.type === 'target.deregistered';

const registered = ({ targets }: WorldState) =>
  new Map(
    targets
      .filter(({ state }) => state !== 'draining' && state !== 'unused')
      .map(({ registration, host }) => [registrationKey(registration), host] as const),
  );
