import type { EnvironmentFault } from '../model/environment-text.js';
import { describeHost, type Host } from '../model/host.js';
import { AdfError, type ErrorPlace } from './adf-error.js';

/** A line of an env_file ends where its value does. */
export type EnvFileFault = EnvironmentFault | 'line_break';

/** A value that no environment can hold, or that would arrive as another. `what` names it; the value may be secret, so it is not shown. */
export const environmentValue = (what: string, fault: EnvFileFault, place: ErrorPlace): AdfError =>
  new AdfError({
    code: 'environment.value',
    class: 'invalid',
    message: `${what} ${faults[fault].is}.`,
    hint: faults[fault].hint,
    ...place,
  });

const faults: Readonly<Record<EnvFileFault, { readonly is: string; readonly hint: string }>> = {
  nul: {
    is: 'holds a NUL byte, which no environment can',
    hint: 'Give binary data as a file, or in base64.',
  },
  not_utf8: {
    is: 'is not UTF-8, so it would arrive as something else',
    hint: 'Write it in UTF-8; give binary data as a file, or in base64.',
  },
  encrypted: {
    is: 'is still encrypted',
    hint: 'Decrypt it before adfpush reads it: `ansible-vault decrypt`, `sops decrypt`.',
  },
  line_break: {
    is: 'holds a line break, where a line of an env_file ends',
    hint: 'Give it by `env` of the container, which can hold line breaks; or write each line by itself, with {{#each}}.',
  },
};

export const imageUnnamed = (container: string): AdfError =>
  new AdfError({
    code: 'container.no_image',
    class: 'invalid',
    message: `The container "${container}" has no image.`,
    hint: 'Name one in the container, or as image for the group.',
  });

/** The plan was shown and agreed to: a task makes that, or nothing. `differs` are parts of the specification, in words. */
export const notAsPlanned = (host: Host, container: string, differs: readonly string[]): AdfError =>
  new AdfError({
    code: 'container.not_as_planned',
    class: 'failed',
    message: `The task would start the container "${container}" otherwise than planned: ${differs.join(', ')}.`,
    host: describeHost(host),
    hint: 'The plan goes by `containers` and `image` of the group. Change them there, or give the container of the task another name.',
  });

export const envFileMissing = (path: string): AdfError =>
  new AdfError({
    code: 'container.env_file_missing',
    class: 'invalid',
    message: `The env_file "${path}" does not exist.`,
    hint: "Paths are relative to the project's folder.",
  });

/** As the Docker CLI refuses it. */
export const envFileName = (path: string, line: number, name: string): AdfError =>
  new AdfError({
    code: 'container.env_file_name',
    class: 'invalid',
    // Not shown either: it may be a part of anything.
    message: 'The name of this variable has a blank or a tab in it.',
    at: { file: path, line, column: 1 },
    hint: /^export[ \t]/.test(name)
      ? 'An env_file is no script: leave out the word export.'
      : 'Write NAME=value, with no blank before the equal sign.',
  });

/** Which of the two counts depends on the program that reads them. */
export const envFileNameTwice = (path: string, line: number, name: string, before: number): AdfError =>
  new AdfError({
    code: 'container.env_file_name_twice',
    class: 'invalid',
    message: `${name} is set a second time; line ${before} sets it, too.`,
    at: { file: path, line, column: 1 },
    hint: 'Keep one of the two.',
  });

export const envFileLine = (path: string, line: number): AdfError =>
  new AdfError({
    code: 'container.env_file_line',
    class: 'invalid',
    // The line itself may hold a secret, so it is not shown.
    message: 'This line of an env_file is no KEY=VALUE.',
    at: { file: path, line, column: 1 },
  });
