import { z } from 'zod';
import { assertionFailed } from '../errors/modules.js';
import { UnknownValue } from '../model/unknown.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({
  /** CEL conditions that must all hold. */
  that: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  fail_msg: z.string().optional(),
  success_msg: z.string().optional(),
});

/** Fails unless all conditions hold. One that is not known yet, in a dry run, is passed over and said. */
export const assert: ReadingModule<z.infer<typeof schema>> = {
  name: 'assert',
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
