import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { loopItemsFailed } from '../../errors/engine.js';
import { hiddenByNoLog } from '../../errors/modules.js';
import { isUnreachable } from '../../errors/ssh.js';
import type { TaskStatus } from '../../events/event.js';
import { defined } from '../../model/defined.js';
import { UnknownValue } from '../../model/unknown.js';
import { isBeyondTask } from './task-call.js';
import type { IncludedVariables } from '../../modules/module.js';

/** How one task ended on one host. */
export interface TaskOutcome {
  readonly status: TaskStatus;
  /** It is skipped because its module had nothing to do, not because its condition does not hold. */
  readonly hadNothingToDo?: true;
  readonly message?: string;
  readonly diff?: string;
  readonly output?: string;
  /** The exit code of the one command that it ran; absent of a loop. */
  readonly rc?: number;
  readonly error?: AdfError;
  /** What `register` keeps; an UnknownValue in a dry run, when it would only be known after the change. */
  readonly registered: Readonly<Record<string, unknown>> | UnknownValue;
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Variables of project files, see `ModuleResult`. */
  readonly included?: readonly IncludedVariables[];
}

/** The outcome of a loop: the worst status, and every item's result under `results`. */
export function joinOutcomes(outcomes: readonly TaskOutcome[]): TaskOutcome {
  const worst = (['unreachable', 'failed', 'changed', 'ok', 'skipped'] as const).find((status) =>
    outcomes.some((outcome) => outcome.status === status),
  );
  const status = worst ?? 'skipped';
  const error = errorOfItems(outcomes);
  const messages = outcomes.flatMap(({ message }) => message ?? []);
  return {
    status,
    message: outcomes.length === 0 ? 'the loop is empty' : messages.join('; '),
    output: outcomes.flatMap(({ output }) => output ?? []).join('\n'),
    registered: {
      changed: outcomes.some(({ registered }) => hasChanged(registered)) || (unknownIn(outcomes) ?? false),
      failed: status === 'failed' || status === 'unreachable' || (unknownIn(outcomes) ?? false),
      skipped: status === 'skipped',
      results: outcomes.map(({ registered }) => registered),
    },
    facts: Object.fromEntries(outcomes.flatMap(({ facts }) => Object.entries(facts ?? {}))),
    included: outcomes.flatMap(({ included }) => included ?? []),
    ...defined({ error }),
  };
}

const hasChanged = (registered: TaskOutcome['registered']): boolean =>
  !(registered instanceof UnknownValue) && registered['changed'] === true;

const unknownIn = (outcomes: readonly TaskOutcome[]): UnknownValue | undefined =>
  outcomes.flatMap(({ registered }) => (registered instanceof UnknownValue ? [registered] : []))[0];

/** What ended the loop; else the one failure, or how many there were. */
function errorOfItems(outcomes: readonly TaskOutcome[]): AdfError | undefined {
  const errors = outcomes.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  const decisive = errors.find(isBeyondTask) ?? (errors.length === 1 ? first : undefined);
  if (first === undefined || decisive !== undefined) return decisive;
  return loopItemsFailed(errors.length, outcomes.length, first);
}

/** The outcome of one item, which its result names: as `item`, and by the loop's own variable. What it says begins with the label. */
export function ofItem(
  outcome: TaskOutcome,
  itemVar: string,
  item: unknown,
  label: string | undefined,
): TaskOutcome {
  const { message, registered } = outcome;
  return {
    ...outcome,
    ...(label === undefined ? {} : { message: message === undefined ? label : `${label}: ${message}` }),
    ...(registered instanceof UnknownValue ? {} : { registered: { ...registered, item, [itemVar]: item } }),
  };
}

/** The same, with nothing left to read of what `no_log` hides. */
export const hidden = (outcome: TaskOutcome): TaskOutcome => ({
  status: outcome.status,
  message: hiddenMessage,
  registered: outcome.registered,
  ...defined({ facts: outcome.facts, included: outcome.included }),
  ...(outcome.error === undefined ? {} : { error: hiddenByNoLog(outcome.error) }),
});

/** Instead of what a task with `no_log` says. */
export const hiddenMessage = 'hidden by no_log';

/** What `register` keeps of a task that did not run. */
export const skippedValues = { changed: false, failed: false, skipped: true } as const;

/** `facts` are the variables that it would have set: they are as unknown. */
export const skippedAsUnknown = (unknown: UnknownValue, facts: readonly string[] = []): TaskOutcome => ({
  status: 'skipped',
  message: `not known before the run: ${unknown.because}`,
  registered: unknown,
  ...(facts.length === 0 ? {} : { facts: Object.fromEntries(facts.map((name) => [name, unknown])) }),
});

const failedValues = { changed: false, failed: true, skipped: false } as const;

/** What was thrown, as the task's end: unreachable when the host cannot be spoken to. */
export function failureOf(error: unknown): TaskOutcome {
  const [first] = errorsOf(error);
  const unreachable = isUnreachable(error);
  return {
    status: unreachable ? 'unreachable' : 'failed',
    error: first,
    registered: { ...failedValues, msg: first.message, ...(unreachable ? { unreachable } : {}) },
  };
}
