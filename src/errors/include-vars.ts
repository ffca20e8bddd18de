import { AdfError } from './adf-error.js';

export const notVariablesPath = (path: string, wanted: 'file' | 'folder'): AdfError =>
  new AdfError({
    code: 'include_vars.path',
    class: 'invalid',
    message: `"${path}" is no ${wanted}.`,
    hint: wanted === 'file' ? 'For a folder of files write dir.' : 'For one file write file.',
  });

export const noVariablesFile = (path: string, endings: readonly string[]): AdfError =>
  new AdfError({
    code: 'include_vars.empty',
    class: 'invalid',
    message: `The folder "${path}" has no file that ends in ${endings.join(', ')}.`,
    hint: 'Other endings are given by extensions.',
  });
