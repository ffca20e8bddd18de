import { z } from 'zod';
import { failedByPlaybook } from '../errors/modules.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({ msg: z.string().default('Failed as requested by the playbook.') });

/** Fails, with a message. */
export const fail: ReadingModule<z.infer<typeof schema>> = {
  name: 'fail',
  freeform: 'msg',
  schema,
  read: async ({ msg }, { host }) =>
    Promise.resolve({ changed: false, values: { msg }, failure: failedByPlaybook(host, msg) }),
};
