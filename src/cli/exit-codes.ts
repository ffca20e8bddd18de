import { AdfError, AdfErrors, type ErrorClass } from '../errors/adf-error.js';
import type { ExitCode } from '../model/run-result.js';

/** What each exit code means: the one table, for help and for the program. */
export const exitCodes: Readonly<Record<ExitCode, string>> = {
  0: 'converged: all is as asked for',
  1: 'a bug in adfpush',
  2: 'invalid flags, configuration, playbook or template',
  3: 'refused before any change: empty group, wrong account, lease held, image missing, a host unreachable or left out of a target group',
  4: 'failed; nothing is held any more (the result says whether the fleet is mixed, and which one-way tasks ran)',
  5: 'failed or interrupted; the named hosts need a person',
  6: 'drift found, with --exit-code; with ping: an endpoint failed',
  130: 'interrupted by SIGINT; nothing is held any more',
  143: 'interrupted by SIGTERM; nothing is held any more',
};

/** In the order of the table. */
export const allExits: readonly ExitCode[] = [0, 1, 2, 3, 4, 5, 6, 130, 143];

/** Of a command that changes nothing on any host. */
export const readingExits: readonly ExitCode[] = [0, 1, 2, 3, 130, 143];

const byClass: Readonly<Record<ErrorClass, ExitCode>> = {
  bug: 1,
  invalid: 2,
  refused: 3,
  failed: 4,
  needs_person: 5,
};

const exitOfClass = (errorClass: ErrorClass): ExitCode => byClass[errorClass];

/** Anything that is not one of our errors is a bug of ours. */
export const exitOfThrown = (thrown: unknown): ExitCode =>
  thrown instanceof AdfError || thrown instanceof AdfErrors ? exitOfClass(thrown.class) : 1;
