import { z } from 'zod';
import { region, type Region } from '../model/ids.js';
import { parsed } from '../model/schema/parsed.js';
import { dockerSchema } from './connection-schema.js';
import { literalTextSchema } from './literal-text.js';
import { sshSchema } from './ssh-schema.js';
import { variablesSchema } from './variables-file.js';

/** An account is text: as a number it would lose its leading zeros. */
export const accountSchema = parsed((value, refuse) => {
  if (typeof value === 'string' && /^\d{12}$/.test(value)) return value;
  if (typeof value === 'number') {
    const digits = String(value).padStart(12, '0');
    refuse(
      'must be text, and without quotes it is a number that loses leading zeros',
      `Put it in quotes: "${digits}".`,
    );
  } else {
    const given = typeof value === 'string' ? `, not ${JSON.stringify(value)}` : '';
    refuse(`must be the twelve digits of an AWS account in quotes${given}`);
  }
  return '';
}).meta({ type: 'text' });

export const regionSchema = literalTextSchema
  .regex(/^[a-z0-9]+(-[a-z0-9]+)+$/, {
    error: ({ input }) => `must be a region such as eu-west-1, not "${String(input)}"`,
  })
  .transform((name): Region => region(name));

export const endpointSchema = literalTextSchema.refine(
  (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
  { error: 'must be a URL such as http://127.0.0.1:4566' },
);

/** How the account is reached, in both sources. */
export const accessKeys = {
  role: literalTextSchema
    .regex(/^arn:[^:]+:iam::\d{12}:role\/\S+$/, {
      error: 'must be the ARN of a role: arn:aws:iam::123456789012:role/name',
    })
    .exactOptional()
    .describe('a role that is assumed'),
  profile: literalTextSchema.exactOptional().describe('the profile of the AWS configuration files'),
  endpoint: endpointSchema.exactOptional().describe('where AWS is spoken, when it is not at AWS'),
};

/** What every environment may say, whatever its source. */
export const commonKeys = {
  ssh: sshSchema.default({}).describe('how its hosts are reached, below'),
  docker: dockerSchema.default({}).describe('how their Docker Engine is reached, below'),
  vars: variablesSchema.default({}).describe('variables of all its hosts'),
  groups: z
    .record(z.string(), z.strictObject({ vars: variablesSchema.default({}) }))
    .default({})
    .describe('`NAME: { vars: … }`: variables of the hosts of a group'),
};
