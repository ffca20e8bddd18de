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
    serial: serialSchema
      .default([{ hosts: 1 }, { percent: 25 }, { percent: 100 }])
      .describe(
        'the sizes of the batches: numbers of hosts, shares, or a list of them; the last one repeats. The first batch is the canary',
      ),
    min_healthy: amountSchema
      .default({ percent: 50 })
      .describe(
        'the healthy targets that a target group keeps, rounded up; asked of the balancer before every drain',
      ),
    bake: durationSchema
      .default(30_000)
      .describe('how long a batch is watched in service before the next one begins'),
    drain_timeout: drainTimeoutSchema
      .default('default')
      .describe(
        'how long one drain may take; `default` is the deregistration delay of the target group and 30 s more',
      ),
    max_failures: amountSchema
      .default({ hosts: 0 })
      .describe(
        'how many hosts may fail, over the whole run, before no other host begins; a failed host is restored, and the run still does not end well. A batch that fails as a whole ends the roll in any case',
      ),
    on_failure: z
      .enum(['rollback', 'restore', 'stop'])
      .default('rollback')
      .describe(
        'what becomes of the hosts that had finished when a host fails: `rollback` rolls them back under the same floor, `restore` lets them be and restores the failed host only, `stop` restores nothing, and names the failed host',
      ),
    keep_releases: wholeNumberSchema(0)
      .default(3)
      .describe('how many earlier releases each host keeps, stopped, for `rollback`'),
    floor_wait: durationSchema
      .default(600_000)
      .describe(
        'how long a roll waits for other hosts to become healthy when `min_healthy` does not let the next one go',
      ),
    reconnect: durationSchema
      .default(300_000)
      .describe(
        'how long a host, an Engine, a registry or AWS that does not answer is waited for once something was changed',
      ),
    max_blips: wholeNumberSchema(0)
      .default(mostBlips)
      .describe('how often a host may be out of reach for a moment in one turn before the turn fails'),
    asg: z
      .enum(['suspend', 'ignore'])
      .default('suspend')
      .describe(
        'what becomes of Auto Scaling groups that would replace a drained host: `suspend` stops that for the run, `ignore` leaves them alone',
      ),
  })
  .transform(camelKeys);
