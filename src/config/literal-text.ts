import { hostTextForm, hostTextRule } from '../model/schema/host-name.js';
import { textSchema } from '../model/schema/text.js';

/** Text that is used before variables are known. */
export const literalTextSchema = textSchema.refine((text) => !text.includes('{{'), {
  error: 'must not be a template: it is needed before variables are known',
});

export const hostTextSchema = literalTextSchema.regex(hostTextForm, { error: hostTextRule });
