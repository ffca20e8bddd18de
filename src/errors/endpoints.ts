import { AdfError } from './adf-error.js';

/** `file` is where they would be. */
export const noEndpoints = (environment: string, file: string): AdfError =>
  new AdfError({
    code: 'endpoints.none',
    class: 'invalid',
    message: `There are no endpoints of ${environment} in ${file}.`,
    hint: `Write them there, as in: ${environment}: [{ name: orders, url: "https://orders.example.com/health" }]`,
  });
