import { z } from 'zod';
import { parsed } from '../model/schema/parsed.js';
import { dockerSchema } from './connection-schema.js';
import { literalTextSchema } from './literal-text.js';
import { secretBackendsSchema } from './secret-backends.js';
import { sshSchema } from './ssh-schema.js';
import { isBuiltInGroup } from '../model/schema/host-name.js';
import { variablesSchema } from '../model/schema/variables.js';

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
  secrets: secretBackendsSchema
    .exactOptional()
    .describe(
      'where `{{ secret "name" }}` is looked for in this environment, instead of what adfpush.yml says: one backend or a list of them, below',
    ),
  groups: z
    .record(
      z.string().refine((name) => name === 'all' || !isBuiltInGroup(name), {
        error: 'must not be ungrouped or _meta, which are built in: write all, or the name of a group',
      }),
      z.strictObject({ vars: variablesSchema.default({}) }),
    )
    .default({})
    .describe('`NAME: { vars: … }`: variables of the hosts of a group'),
};
