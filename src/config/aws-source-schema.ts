import { z } from 'zod';
import type { Region } from '../model/ids.js';
import { parsed } from '../model/schema/parsed.js';
import { scalarText } from '../model/schema/text.js';
import { accessKeys, accountSchema, commonKeys } from './source-schema.js';
import { regionSchema } from './region-schema.js';

/** Which of an instance's addresses SSH goes to. There is no second choice. */
export type AddressPolicy =
  | { readonly kind: 'private_ip' | 'public_ip' | 'private_dns' | 'public_dns' | 'ipv6' }
  | { readonly kind: 'tag'; readonly key: string };

const policies = ['private_ip', 'public_ip', 'private_dns', 'public_dns', 'ipv6'] as const;

const addressSchema = parsed((value, refuse): AddressPolicy => {
  const policy = policies.find((name) => name === value);
  if (policy !== undefined) return { kind: policy };
  const key = tagKey(value);
  if (key === undefined) refuse(`must be one of ${policies.join(', ')}, or a tag such as "tag:Name"`);
  return { kind: 'tag', key: key ?? '' };
}).meta({ type: 'address' });

const groupBySchema = parsed((value, refuse) => {
  const key = tagKey(value);
  if (key === undefined) refuse('must name a tag, as in "tag:DeployGroup"');
  return key ?? '';
}).meta({ type: 'tag' });

const tagKey = (value: unknown): string | undefined =>
  typeof value === 'string' ? /^tag:(.+)$/.exec(value)?.[1] : undefined;

const filtersSchema = parsed((value, refuse): Readonly<Record<string, readonly string[]>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse('must be a mapping of filters, as in { "tag:Environment": prod }');
    return {};
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, given]: [string, unknown]) => {
      const items: readonly unknown[] = Array.isArray(given) ? given : [given];
      const values = items
        .map((item) => scalarText(item))
        .filter((text) => text !== undefined && text !== '');
      if (values.length === 0 || values.length < items.length)
        refuse('must be text or a list of texts', undefined, [name]);
      if (values.some((text) => text?.includes('{{') === true)) {
        refuse('must not be a template: hosts are listed before variables are known', undefined, [name]);
      }
      if (name === 'instance-state-name') {
        refuse('is not for you to choose: only running instances are hosts', 'Leave it out.', [name]);
      }
      return [name, values.filter((text) => text !== undefined)];
    }),
  );
}).meta({ type: 'mapping' });

const regionsSchema = z
  .union([z.array(regionSchema).min(1), regionSchema])
  .transform((given): readonly Region[] => [...new Set(typeof given === 'string' ? [given] : given)]);

/** `source: aws_ec2`. */
export const awsSourceSchema = z.strictObject({
  source: z.literal('aws_ec2').describe('hosts are instances of EC2'),
  account: accountSchema.describe(
    'the account that the credentials must belong to, in quotes; checked before anything else',
  ),
  ...accessKeys,
  regions: regionsSchema.describe('one region or a list of them'),
  filters: filtersSchema
    .default({})
    .describe(
      'filters of DescribeInstances, `{ "tag:Environment": prod }`; only running instances are hosts',
    ),
  group_by: groupBySchema
    .default('DeployGroup')
    .describe('the tag that names the groups of an instance, with commas between: `tag:DeployGroup`'),
  address: addressSchema
    .default({ kind: 'private_ip' })
    .describe(
      'the address that SSH goes to: one of private_ip, public_ip, private_dns, public_dns, ipv6, or a tag such as `tag:Name`. There is no second choice',
    ),
  ...commonKeys,
});
