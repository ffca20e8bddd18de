import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { hiddenByNoLog } from '../errors/modules.js';
import { isUnreachable } from '../errors/ssh.js';
import type { TaskStatus } from '../events/event.js';
import { UnknownValue } from '../model/unknown.js';

/** How one task ended on one host. */
export interface TaskOutcome {
  readonly status: TaskStatus;
  readonly message?: string;
  readonly diff?: string;
  readonly output?: string;
  readonly error?: AdfError;
  /** What `register` keeps; an UnknownValue in a dry run, when it would only be known after the change. */
  readonly registered: Readonly<Record<string, unknown>> | UnknownValue;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** The outcome of a loop: the worst status, and every item's result under `results`. */
export function joinOutcomes(outcomes: readonly TaskOutcome[]): TaskOutcome {
  const worst = (['unreachable', 'failed', 'changed', 'ok', 'skipped'] as const).find((status) =>
    outcomes.some((outcome) => outcome.status === status),
  );
  const status = worst ?? 'skipped';
  const failed = outcomes.find(({ error }) => error !== undefined);
  const messages = outcomes.flatMap(({ message }) => message ?? []);
  return {
    status,
    message: outcomes.length === 0 ? 'the loop is empty' : messages.join('; '),
    output: outcomes.flatMap(({ output }) => output ?? []).join('\n'),
    registered: {
      changed: outcomes.some(({ registered }) => hasChanged(registered)),
      failed: status === 'failed' || status === 'unreachable',
      skipped: status === 'skipped',
      results: outcomes.map(({ registered }) => registered),
    },
    facts: Object.assign({}, ...outcomes.map(({ facts }) => facts ?? {})) as Readonly<
      Record<string, unknown>
    >,
    ...(failed?.error === undefined ? {} : { error: failed.error }),
  };
}

const hasChanged = (registered: TaskOutcome['registered']): boolean =>
  registered instanceof UnknownValue || registered['changed'] === true;

/** The same, with nothing left to read of what `no_log` hides. */
export const hidden = (outcome: TaskOutcome): TaskOutcome => ({
  status: outcome.status,
  message: hiddenMessage,
  registered: outcome.registered,
  ...(outcome.facts === undefined ? {} : { facts: outcome.facts }),
  ...(outcome.error === undefined ? {} : { error: hiddenByNoLog(outcome.error) }),
});

/** Instead of what a task with `no_log` says. */
export const hiddenMessage = 'hidden by no_log';

/** What `register` keeps of a task that did not run. */
export const skippedValues = { changed: false, failed: false, skipped: true } as const;

export const skippedAsUnknown = (unknown: UnknownValue): TaskOutcome => ({
  status: 'skipped',
  message: `not known before the run: ${unknown.because}`,
  registered: unknown,
});

/** What was thrown, as the task's end: unreachable when the host cannot be spoken to. */
export function failureOf(error: unknown): TaskOutcome {
  const [first] = errorsOf(error);
  return {
    status: isUnreachable(error) ? 'unreachable' : 'failed',
    error: first,
    registered: { changed: false, failed: true, skipped: false, msg: first.message },
  };
}
