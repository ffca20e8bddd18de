import { render } from '../../expression/templates.js';
import type { Play } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { variablesOfSession } from '../task/task-variables.js';

/** The pattern of a play, rendered with what all hosts share. */
export const renderPattern = (play: Play, session: HostSession): string =>
  String(render(play.hosts, variablesOfSession(session)));

/** The play's name with its templates rendered; as it stands in the file when they cannot be. */
export function nameForPeople(play: Play, session: HostSession): string {
  try {
    return String(render({ value: play.name, locate: () => play.at }, variablesOfSession(session)));
  } catch {
    // What is wrong with a template in a name does no harm: it is for people.
    return play.name;
  }
}
