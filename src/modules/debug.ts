import { z } from 'zod';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({
  msg: z.unknown().optional(),
  /** The name of a variable to show. */
  var: z.string().optional(),
});

/** Shows a message or a variable. */
export const debug: ReadingModule<z.infer<typeof schema>> = {
  name: 'debug',
  freeform: 'msg',
  schema,

  async read({ msg, var: name }, host) {
    const shown = name === undefined ? (msg ?? 'Hello world!') : { [name]: host.variable(name) };
    const message = typeof shown === 'string' ? shown : JSON.stringify(shown);
    return Promise.resolve({ changed: false, message, values: { msg: shown } });
  },
};
