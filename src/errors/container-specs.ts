import { AdfError } from './adf-error.js';

export const imageUnnamed = (container: string): AdfError =>
  new AdfError({
    code: 'container.no_image',
    class: 'invalid',
    message: `The container "${container}" has no image.`,
    hint: 'Name one in the container, or as image for the group.',
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
