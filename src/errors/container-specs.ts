import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

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

export const envFileLine = (path: string, line: number): AdfError =>
  new AdfError({
    code: 'container.env_file_line',
    class: 'invalid',
    // The line itself may hold a secret, so it is not shown.
    message: 'This line of an env_file is no KEY=VALUE.',
    at: { file: path, line, column: 1 },
  });
