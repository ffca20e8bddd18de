import { AdfError } from './adf-error.js';

/** An image reference that Docker would not accept either. */
export const invalidReference = (text: string, reason: string, hint: string): AdfError =>
  new AdfError({
    code: 'registry.invalid_reference',
    class: 'invalid',
    message: `The image reference "${text}" is invalid: ${reason}.`,
    hint,
  });
