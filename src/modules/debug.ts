import { z } from 'zod';
import { UnknownValue } from '../model/unknown.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({
  msg: z.unknown().optional().describe('what to show: text, or any value'),
  var: z
    .string()
    .optional()
    .describe('the name of a variable to show, or of a field of one: `out.stdout`; no braces'),
});

/** Shows a message or a variable. */
export const debug: ReadingModule<z.infer<typeof schema>> = {
  name: 'debug',
  docs: {
    summary: 'Shows a message or a variable.',
    examples: [
      `- debug: '{{ inventory_hostname }} is in {{ join group_names ", " }}'`,
      `- debug: { var: group_names }`,
    ],
  },
  freeform: 'msg',
  variableArguments: ['var'],
  schema,

  async read({ msg, var: name }, host) {
    const value = name === undefined ? undefined : host.variable(name);
    if (value instanceof UnknownValue) {
      const message = `not known before the run: ${value.because}`;
      return Promise.resolve({ changed: false, message, values: { msg: value } });
    }
    const shown = name === undefined ? (msg ?? 'Hello world!') : { [name]: value };
    const message = typeof shown === 'string' ? shown : JSON.stringify(shown);
    return Promise.resolve({ changed: false, message, values: { msg: shown } });
  },
};
