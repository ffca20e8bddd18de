import { defined } from '../model/defined.js';
import type { Place } from '../model/source.js';
import { AdfError, type ErrorPlace } from './adf-error.js';

const invalid = (code: string, message: string, hint: string, place: ErrorPlace): AdfError =>
  new AdfError({ code: `secret.${code}`, class: 'invalid', message, hint, ...place });

/** A secret that comes from the environment is used, and is not there. */
export const secretNotSet = (name: string, variable: string, place: ErrorPlace): AdfError =>
  invalid(
    'not_set',
    `The secret ${name} comes from the environment variable ${variable}, which is not set.`,
    `Set ${variable} for adfpush: in a build job, by binding a credential to it.`,
    place,
  );

/** A secret that comes from a file is used, and the file is not there. */
export const secretFileMissing = (name: string, file: string, place: ErrorPlace): AdfError =>
  invalid(
    'file_missing',
    `The secret ${name} comes from the file ${file}, which is not there.`,
    'Paths are relative to the project; in a build job, bind a secret file to it.',
    place,
  );

/** A secret whose value is not what was meant. */
export const secretUnusable = (name: string, why: 'not_text' | 'encrypted', place: ErrorPlace): AdfError =>
  why === 'not_text'
    ? invalid(
        why,
        `The secret ${name} is not UTF-8.`,
        'Keep it as text in UTF-8; binary data in base64.',
        place,
      )
    : invalid(
        why,
        `The secret ${name} is still encrypted.`,
        'Decrypt it before adfpush reads it: `ansible-vault decrypt`, `sops decrypt`.',
        place,
      );

/** An argument of a program would hold a secret. `what` names it: `argv of command`. */
export const secretInArgument = (what: string, at?: Place): AdfError =>
  new AdfError({
    code: 'secret.in_argument',
    class: 'invalid',
    message: `${what} would hold a secret, and everybody on the host could read it in the list of processes.`,
    hint: 'Give it by `stdin` or `environment`, or write a `shell` script: its text travels over stdin. In a container, use `env` or `env_file`.',
    ...defined({ at }),
  });

/** The words of a `proxy_command` hold a secret. `whose` names a host, where the place is not known. */
export const secretInProxyCommand = (place: ErrorPlace, whose = ''): AdfError =>
  invalid(
    'in_argument',
    `ssh.proxy_command${whose} holds a secret, and everybody on this machine could read it in the list of processes.`,
    'Let the command read it by itself: from a file, or from an environment variable that is not under `secrets`.',
    place,
  );

/** A warning: a value so short stands in much that is no secret. Its length is not told either. */
export const secretUnmasked = (name: string): string =>
  `the secret ${name} is shorter than 6 characters, so it is not masked in what is shown: give it a longer value.`;
