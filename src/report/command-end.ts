import type { Event, EventHost } from '../events/event.js';

/** How the command of `exec` ended on one host. */
export interface CommandEnd {
  readonly host: EventHost;
  /** `exited with 0`, or why it did not come to its own end. */
  readonly how: string;
  /** Its exit code; where it has none one word instead: `unreachable`, `unknown`, `interrupted` or `failed`. */
  readonly word: string;
  readonly endedWell: boolean;
  readonly output: string;
  readonly hint?: string;
}

/** What the event says of it. */
export function commandEnd(event: Extract<Event, { type: 'task.ended' }>): CommandEnd {
  const { host, status, rc, message, error, output = '' } = event;
  const said = rc === undefined ? (error?.message ?? status) : `exited with ${rc}`;
  const more = message === undefined || message === '' ? '' : `; ${message}`;
  return {
    host,
    how: `${said.replace(/\.$/, '')}${more}`,
    word: rc === undefined ? wordOf(event) : String(rc),
    endedWell: error === undefined && status !== 'failed' && status !== 'unreachable',
    output,
    ...(error?.hint === undefined ? {} : { hint: error.hint }),
  };
}

const wordOf = ({ status, error }: Extract<Event, { type: 'task.ended' }>): string =>
  error?.code === 'command.unknown'
    ? 'unknown'
    : error?.code === 'command.interrupted'
      ? 'interrupted'
      : status;
