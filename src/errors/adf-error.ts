import type { Place } from '../model/source.js';

/**
 * The classes of section 4's exit codes. An error that stops a run knows which one it is:
 * `bug` 1, `invalid` 2, `refused` 3, `failed` 4, `needs_person` 5.
 */
export type ErrorClass = 'bug' | 'invalid' | 'refused' | 'failed' | 'needs_person';

export interface ErrorDetails {
  /** A stable name from the catalogue, `inventory.empty_group`; a promise, as the wording is not. */
  readonly code: string;
  readonly class: ErrorClass;
  /** What happened, as a sentence that names the wrong value. */
  readonly message: string;
  /** Where in the user's files. */
  readonly at?: Place;
  /** The line of the user's file that `at` points into, for the caret. */
  readonly sourceLine?: string;
  /** Which host it happened on, for people. */
  readonly host?: string;
  /** The task that it failed, by its title. */
  readonly task?: string;
  /** How far a connection came, in the words of `ConnectPhase`. */
  readonly phase?: string;
  /** Of an HTTP API that answered. */
  readonly status?: number;
  /** A deliberate refusal: asking again would not help. */
  readonly isRefusal?: true;
  /** What was asked is not installed there. */
  readonly isMissing?: true;
  /** What to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Where in a user's file, with that line for the caret: the part of an error that each reader of a file adds to its own. */
export type ErrorPlace = Pick<ErrorDetails, 'at' | 'sourceLine'>;

/** The one type of everything adfpush throws. Made by the functions of the catalogue in this folder only. */
export class AdfError extends Error {
  override readonly name = 'AdfError';
  readonly code: string;
  readonly class: ErrorClass;
  readonly at?: Place;
  readonly sourceLine?: string;
  readonly host?: string;
  readonly task?: string;
  readonly phase?: string;
  readonly status?: number;
  readonly isRefusal?: true;
  readonly isMissing?: true;
  readonly hint?: string;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.class = details.class;
    if (details.at !== undefined) this.at = details.at;
    if (details.sourceLine !== undefined) this.sourceLine = details.sourceLine;
    if (details.host !== undefined) this.host = details.host;
    if (details.task !== undefined) this.task = details.task;
    if (details.phase !== undefined) this.phase = details.phase;
    if (details.status !== undefined) this.status = details.status;
    if (details.isRefusal !== undefined) this.isRefusal = details.isRefusal;
    if (details.isMissing !== undefined) this.isMissing = details.isMissing;
    if (details.hint !== undefined) this.hint = details.hint;
  }
}

/** The error as one of a task: what has no place of its own has that of the task. */
export function ofTask(error: AdfError, task: string, at: Place): AdfError {
  if (error.task !== undefined) return error;
  const { message, cause, ...details } = error;
  return new AdfError({ at, ...details, task, message, cause });
}

/** Several errors of one class, found together: all wrong lines of a file, all hosts that refuse. Never empty. */
export class AdfErrors extends Error {
  override readonly name = 'AdfErrors';
  readonly errors: readonly [AdfError, ...AdfError[]];
  readonly class: ErrorClass;

  /** The class is the first error's unless given: what failed on a host is a refusal when found in preflight. */
  constructor(errors: readonly [AdfError, ...AdfError[]], errorClass: ErrorClass = errors[0].class) {
    super(errors.map((error) => error.message).join('\n'));
    this.errors = errors;
    this.class = errorClass;
  }
}

/** The errors inside whatever was thrown; anything that is not ours is a bug of ours. */
export function errorsOf(thrown: unknown): readonly [AdfError, ...AdfError[]] {
  if (thrown instanceof AdfErrors) return thrown.errors;
  if (thrown instanceof AdfError) return [thrown];
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return [
    new AdfError({
      code: 'bug',
      class: 'bug',
      message,
      cause: thrown,
      hint: 'This is a bug in adfpush: please report it.',
    }),
  ];
}
