import type { Position } from '../model/source.js';
import { AdfError } from './adf-error.js';

/** A secret that comes from the environment is used, and is not there. */
export const secretNotSet = (
  name: string,
  variable: string,
  at: Position | undefined,
  sourceLine: string | undefined,
): AdfError =>
  new AdfError({
    code: 'secret.not_set',
    class: 'invalid',
    message: `The secret ${name} comes from the environment variable ${variable}, which is not set.`,
    hint: `Set ${variable} for adfpush: in a build job, by binding a credential to it.`,
    ...(at === undefined ? {} : { at }),
    ...(sourceLine === undefined ? {} : { sourceLine }),
  });

/** An argument of a program would hold a secret. `what` names it: `argv of command`. */
export const secretInArgument = (what: string, at?: Position): AdfError =>
  new AdfError({
    code: 'secret.in_argument',
    class: 'invalid',
    message: `${what} would hold a secret, and everybody on the host could read it in the list of processes.`,
    hint: 'Give it by `stdin` or `environment`, or write a `shell` script: its text travels over stdin. In a container, use `env` or `env_file`.',
    ...(at === undefined ? {} : { at }),
  });

/** A warning: a value so short stands in much that is no secret. Its length is not told either. */
export const secretUnmasked = (name: string): string =>
  `the secret ${name} is shorter than 6 characters, so it is not masked in what is shown: give it a longer value.`;
