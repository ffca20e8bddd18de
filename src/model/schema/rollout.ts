import { z } from 'zod';
import { mostBlips, type RolloutSettings } from '../settings.js';
import { amountSchema, serialSchema } from './amount.js';
import { durationSchema, positiveDurationSchema } from './duration.js';
import { wholeNumberSchema } from './number.js';
import { camelKeys } from './parsed.js';

const drainTimeoutSchema = z.union([positiveDurationSchema, z.literal('default')], {
  error: 'must be `default` or a duration such as 330s',
});

/** How a release is rolled: what is left out has the defaults of DESIGN section 3; `{}` is all defaults. */
export const rolloutSchema: z.ZodType<RolloutSettings> = z
  .strictObject({
    serial: serialSchema.default([{ hosts: 1 }, { percent: 25 }, { percent: 100 }]),
    min_healthy: amountSchema.default({ percent: 50 }),
    bake: durationSchema.default(30_000),
    drain_timeout: drainTimeoutSchema.default('default'),
    on_failure: z.enum(['rollback', 'restore', 'stop']).default('rollback'),
    keep_releases: wholeNumberSchema(0).default(3),
    floor_wait: durationSchema.default(600_000),
    reconnect: durationSchema.default(300_000),
    max_blips: wholeNumberSchema(0).default(mostBlips),
    asg: z.enum(['suspend', 'ignore']).default('suspend'),
  })
  .transform(camelKeys);
