import { constants } from 'node:os';
import type { Outcome, StepRecord } from '../../ports/transport.js';

const reasons: Readonly<Record<string, string>> = {
  torn: 'it was stopped in the moment it began',
  restarted: 'the host was restarted before it came to its end',
  gone: 'it was stopped on the host before it came to its end',
};

/** Reads what `recordScript` wrote; undefined when that is something else. */
export function parseRecord(stdout: string, stderr: string): StepRecord | undefined {
  const [line = ''] = stdout.split('\n', 1);
  const [state, what = ''] = line.split(' ');
  switch (state) {
    case 'absent':
      return what === '' ? { state } : { state, upFor: Number(what) * 1_000 };
    case 'running':
      return { state, pid: Number(what) };
    case 'interrupted':
      return { state, reason: reasons[what] ?? what };
    case 'ended':
      return { state, outcome: endOf(what), stdout: stdout.slice(line.length + 1), stderr };
    default:
      return undefined;
  }
}

/** `=003=` for an exit code; `+137+` for what sh makes of a signal: 128 and its number. */
function endOf(field: string): Extract<Outcome, { kind: 'exited' | 'signalled' }> {
  const code = Number(field.slice(1, -1));
  if (!field.startsWith('+')) return { kind: 'exited', code };
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return { kind: 'signalled', signal: signal?.[0] ?? String(code - 128) };
}
