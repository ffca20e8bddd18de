import { z } from 'zod';
import { failedByPlaybook } from '../errors/modules.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({
  msg: z.string().default('Failed as requested by the playbook.').describe('why'),
});

/** Fails, with a message. */
export const fail: ReadingModule<z.infer<typeof schema>> = {
  name: 'fail',
  docs: {
    summary: 'Fails, with a message.',
    examples: [
      `- fail: The disk is not mounted.
  when: disk.rc != 0`,
    ],
  },
  freeform: 'msg',
  schema,
  read: async ({ msg }, { host }) =>
    Promise.resolve({ changed: false, values: { msg }, failure: failedByPlaybook(host, msg) }),
};
