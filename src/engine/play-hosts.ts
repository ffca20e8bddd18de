import { render } from '../expression/templates.js';
import type { Play } from '../playbook/playbook.js';
import type { HostSession } from './host-session.js';
import { variablesOfSession } from './task.js';

/** The pattern of a play, rendered with what all hosts share. */
export const renderPattern = (play: Play, session: HostSession): string =>
  String(render(play.hosts, variablesOfSession(session)));
