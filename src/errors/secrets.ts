import { defined } from '../model/defined.js';
import type { Place } from '../model/source.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import { enumerate, suggest } from './nearest.js';

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

const unusable = {
  not_text: ['is not UTF-8', 'Keep it as text in UTF-8; binary data in base64.'],
  encrypted: [
    'is still encrypted',
    'Decrypt it before adfpush reads it: `ansible-vault decrypt`, `sops decrypt`.',
  ],
  binary: [
    'is binary, and a template writes text',
    'Keep it as text: in base64, with {{ b64decode (secret "name") }} where the text itself is wanted.',
  ],
} as const;

/** A secret whose value is not what was meant. */
export const secretUnusable = (name: string, why: keyof typeof unusable, place: ErrorPlace): AdfError => {
  const [what, hint] = unusable[why];
  return invalid(why, `The secret ${name} ${what}.`, hint, place);
};

/** No backend has a secret of this name. `places` says where it was looked for, and under which name. */
export const noSuchSecret = (
  name: string,
  places: readonly { readonly where: string; readonly as: string }[],
  place: ErrorPlace,
): AdfError =>
  invalid(
    'unknown',
    `There is no secret "${name}": looked for ${places.map(({ where, as }) => `"${as}" in ${where}`).join(', then ')}.`,
    'Make it there, correct its name, or say under `secrets` where it is kept: `secrets: [{ backend: ssm, prefix: /shop/ }]`.',
    place,
  );

/** This command fetches no secrets, or does not know yet that it needs this one. */
export const secretNotFetched = (name: string, place: ErrorPlace): AdfError =>
  invalid(
    'not_fetched',
    `The secret "${name}" was not fetched before it was used.`,
    'Write its name as it is, {{ secret "name" }}, in a file of the project: names are looked for before a run begins.',
    place,
  );

/** A secret that is a mapping has no such field. `known` are names of fields, never values. */
export const secretFieldMissing = (
  name: string,
  field: string,
  known: readonly string[],
  place: ErrorPlace,
): AdfError =>
  invalid(
    'field',
    `The secret ${name} has no field "${field}".`,
    suggest(field, known, 'Its fields') ?? 'It is not a mapping: leave out the field.',
    place,
  );

/** A field of a secret is asked for, and the secret is no JSON. */
export const secretNotJson = (name: string, place: ErrorPlace): AdfError =>
  invalid(
    'not_json',
    `The secret ${name} is not JSON, so it has no fields.`,
    `Write {{ secret "${name}" }} for the whole of it.`,
    place,
  );

/** A secret that is a mapping or a list is used as if it were a text. */
export const secretNotScalar = (name: string, known: readonly string[], place: ErrorPlace): AdfError =>
  invalid(
    'not_scalar',
    `The secret ${name} is not one value.`,
    known.length === 0 ? 'Keep it as text.' : `Say which of its fields is meant: ${enumerate(known)}.`,
    place,
  );

/** An argument of a program would hold a secret. `what` names it: `argv of command`. */
export const secretInArgument = (what: string, at?: Place): AdfError =>
  new AdfError({
    code: 'secret.in_argument',
    class: 'invalid',
    message: `${what} would hold a secret, and every user of the host could read it in the list of processes.`,
    hint: 'Give it by `stdin` or `environment`, or write a `shell` script: its text travels over stdin. In a container, use `env` or `env_file`.',
    ...defined({ at }),
  });

/** The words of a `proxy_command` hold a secret. `whose` names a host, where the place is not known. */
export const secretInProxyCommand = (place: ErrorPlace, whose = ''): AdfError =>
  invalid(
    'in_argument',
    `ssh.proxy_command${whose} holds a secret, and every user of this machine could read it in the list of processes.`,
    'Let the command read it by itself: from a file, or from an environment variable that is not under `secrets`.',
    place,
  );

/** A warning: a value so short stands in much that is no secret. Its length is not told either. */
export const secretUnmasked = (name: string): string =>
  `the secret ${name} is shorter than 6 characters, so it is not masked in what is shown: give it a longer value.`;
