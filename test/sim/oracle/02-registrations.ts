import { registrationKey } from '../../../src/model/registration.js';
import type { WorldState } from '../../fakes/world/world.js';
import type { Statement } from './story.js';

/**
 * 2. Every deregistered registration is registered again exactly as it was, or as planned, or its host is named. In the
 * simulation what is planned is what was: so what is registered at the end must have been so at the beginning, too.
 */
export const losesNoRegistration: Statement = ({ initial, final, named }) => {
  const was = registered(initial);
  const is = registered(final);
  const lost = [...was].filter(([key, host]) => !is.has(key) && !named.includes(host));
  const strange = [...is].filter(([key]) => !was.has(key));
  return [
    ...lost.map(([key]) => ({ statement: 2, at: final.at, what: `${key} is not registered any more` })),
    ...strange.map(([key]) => ({ statement: 2, at: final.at, what: `${key} was never registered before` })),
  ];
};

const registered = ({ targets }: WorldState) =>
  new Map(
    targets
      .filter(({ state }) => state !== 'draining' && state !== 'unused')
      .map(({ registration, host }) => [registrationKey(registration), host] as const),
  );
