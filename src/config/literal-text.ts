import { textSchema } from '../model/schema/text.js';

/** Text that is used before variables are known. */
export const literalTextSchema = textSchema.refine((text) => !text.includes('{{'), {
  error: 'must not be a template: it is needed before variables are known',
});

/** A word that goes to SSH: one that began with a dash would be an option there. */
export const hostTextSchema = literalTextSchema.regex(/^[^-\s]\S*$/, {
  error: 'must hold no space and not begin with a dash',
});
