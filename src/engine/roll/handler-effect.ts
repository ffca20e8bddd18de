import { render } from '../../expression/templates.js';
import type { Handler } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { variablesOf } from '../task/task-variables.js';
import type { TurnPlay } from './turn-play.js';

/**
 * What a handler would do, to tell whether those of several uses of one role would do the same. Undefined when that is not known before it
 * runs.
 */
export function effectOf(handler: Handler, session: HostSession, play: TurnPlay): string | undefined {
  if (handler.kind === 'include' || handler.loop !== undefined) return undefined;
  const { at, args, environment, becomeUser, when } = handler;
  try {
    const variables = variablesOf(handler, session, play);
    const given = [args, ...environment, ...(becomeUser === undefined ? [] : [becomeUser])];
    const conditions = when.map(({ source }) => source);
    return JSON.stringify([at, conditions, given.map((raw) => render(raw, variables))]);
  } catch {
    // What is wrong with it is told when it runs.
    return undefined;
  }
}
