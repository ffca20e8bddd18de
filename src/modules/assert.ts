import { z } from 'zod';
import { assertionFailed } from '../errors/modules.js';
import { UnknownValue } from '../model/unknown.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({
  that: z
    .union([z.string().transform((one) => [one]), z.array(z.string())])
    .describe('a CEL condition, or a list of them that must all hold; no templates'),
  fail_msg: z.string().optional().describe('what to say when one does not hold'),
  success_msg: z.string().optional().describe('what to say when all hold'),
});

/** Fails unless all conditions hold. One that is not known yet, in a dry run, is passed over and said. */
export const assert: ReadingModule<z.infer<typeof schema>> = {
  name: 'assert',
  docs: {
    summary: 'Fails unless all conditions hold.',
    examples: [
      `- name: only with a version
  assert:
    that:
      - defined(app_version)
      - app_version != "latest"
    fail_msg: Give the version with -e app_version=v42.`,
    ],
  },
  freeform: 'that',
  conditionArguments: ['that'],
  schema,

  async read({ that, fail_msg, success_msg }, host) {
    const verdicts = that.map((condition) => ({ condition, holds: host.evaluate(condition) }));
    const broken = verdicts.find(({ holds }) => holds === false);
    const open = verdicts.filter(({ holds }) => holds instanceof UnknownValue).length;
    if (broken !== undefined) {
      const failure = assertionFailed(host.host, broken.condition, fail_msg);
      return Promise.resolve({ changed: false, values: {}, failure });
    }
    const message =
      open > 0 ? `${open} of ${that.length} not known before the run` : (success_msg ?? 'holds');
    return Promise.resolve({ changed: false, message, values: {} });
  },
};
