import type { CommandResult, Outcome } from '../ports/transport.js';

/** The result of a command of which nothing was seen: it was not begun, or nobody knows. */
export const notRun = (outcome: Outcome): CommandResult => ({
  outcome,
  stdout: '',
  stderr: '',
  duration: 0,
  truncated: false,
});
