import { z } from 'zod';
import type { HealthProbe } from '../health.js';
import { healthDefaults } from '../settings.js';
import { argvSchema } from './argv.js';
import { positiveDurationSchema } from './duration.js';
import { portSchema, shown, wholeNumberSchema } from './number.js';
import { isMapping, parsed } from './parsed.js';
import { pairsSchema, scalarText, textSchema } from './text.js';

const passes = {
  passes: wholeNumberSchema(1).default(healthDefaults.passes),
  interval: positiveDurationSchema.default(healthDefaults.interval),
  timeout: positiveDurationSchema.default(healthDefaults.timeout),
  attempt_timeout: positiveDurationSchema.default(healthDefaults.attemptTimeout),
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
});

const pathSchema = textSchema.refine((path) => /^\/\S*$/.test(path), {
  error: ({ input }) => `must begin with / and hold no space, not ${shown(input)}`,
});

const httpSchema = z
  .strictObject({
    port: portSchema,
    path: pathSchema.default('/'),
    status: statusSchema.default([200]),
    scheme: z.enum(['http', 'https']).default('http'),
    host: textSchema.exactOptional(),
    headers: pairsSchema('Name=value').default({}),
    ...passes,
  })
  .transform(({ host, attempt_timeout, ...probe }) => ({
    kind: 'http' as const,
    ...probe,
    ...(host === undefined ? {} : { hostHeader: host }),
    attemptTimeout: attempt_timeout,
  }));

const commandSchema = z
  .strictObject({ command: argvSchema, ...passes })
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
