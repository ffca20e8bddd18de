import { z } from 'zod';
import { defined } from '../defined.js';
import type { HealthProbe } from '../health.js';
import { healthDefaults } from '../settings.js';
import { argvSchema } from './argv.js';
import { positiveDurationSchema } from './duration.js';
import { portSchema, shown, wholeNumberSchema } from './number.js';
import { isMapping, parsed } from './parsed.js';
import { pairsSchema, scalarText, textSchema } from './text.js';

const passes = {
  passes: wholeNumberSchema(1)
    .default(healthDefaults.passes)
    .describe('how many attempts in a row must pass'),
  interval: positiveDurationSchema
    .default(healthDefaults.interval)
    .describe('the pause between two attempts'),
  timeout: positiveDurationSchema
    .default(healthDefaults.timeout)
    .describe('how long the host may take until it has passed'),
  attempt_timeout: positiveDurationSchema
    .default(healthDefaults.attemptTimeout)
    .describe('how long one attempt may take'),
};

/** `200`, `200-299`, or a list of them. */
export const statusSchema = parsed((value, refuse): readonly number[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) refuse('must not be an empty list');
  return items.flatMap((item, index) => {
    const [, first, last] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(scalarText(item)?.trim() ?? '') ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (from <= to) return Array.from({ length: to - from + 1 }, (_, step) => from + step);
    refuse(
      `must be an HTTP status such as 200 or 200-299, not ${shown(item)}`,
      undefined,
      Array.isArray(value) ? [index] : [],
    );
    return [];
  });
}).meta({ type: 'statuses' });

const pathSchema = textSchema.refine((path) => /^\/\S*$/.test(path), {
  error: ({ input }) => `must begin with / and hold no space, not ${shown(input)}`,
});

export const httpSchema = z
  .strictObject({
    port: portSchema.describe('the port on the host that is asked, by HTTP from the host itself'),
    path: pathSchema.default('/').describe('the path that is asked for'),
    status: statusSchema
      .default([200])
      .describe('the statuses that pass: `200`, `200-299`, or a list of them'),
    scheme: z
      .enum(['http', 'https'])
      .default('http')
      .describe('`https` does not check the certificate: the name in it is not the address of the host'),
    host: textSchema
      .exactOptional()
      .describe('the `Host` header, and the name of the server in TLS; `127.0.0.1` without it'),
    headers: pairsSchema('Name=value').default({}).describe('more headers of the request'),
    ...passes,
  })
  .transform(({ host, attempt_timeout, ...probe }) => ({
    kind: 'http' as const,
    ...probe,
    ...defined({ hostHeader: host }),
    attemptTimeout: attempt_timeout,
  }));

export const commandSchema = z
  .strictObject({
    command: argvSchema.describe(
      'a program that is run on the host, and passes with exit 0; instead of `port`',
    ),
    ...passes,
  })
  .transform(({ command, attempt_timeout, ...probe }) => ({
    kind: 'command' as const,
    ...probe,
    argv: command,
    attemptTimeout: attempt_timeout,
  }));

/** How a host proves its health: an HTTP request, or with `command` a program that exits with 0. */
export const healthSchema: z.ZodType<HealthProbe> = z
  .unknown()
  .superRefine((value, context) => {
    if (isMapping(value) && 'command' in value && 'port' in value) {
      context.addIssue({ code: 'custom', message: 'must have a `port` or a `command`, not both' });
    }
  })
  .pipe(z.union([httpSchema, commandSchema]));
