import { z } from 'zod';
import { literalTextSchema } from './literal-text.js';
import { regionSchema } from './region-schema.js';

const prefix = literalTextSchema
  .exactOptional()
  .describe('stands before each name that is asked for: with `/shop/`, `{{ secret "db" }}` is `/shop/db`');
const region = regionSchema.exactOptional().describe('its region; the first of the environment without it');

const backends = {
  environment: z.strictObject({
    backend: z.literal('environment').describe('variables of the environment that adfpush runs in'),
    prefix,
  }),
  file: z.strictObject({
    backend: z.literal('file').describe('a file for each secret, with its name'),
    directory: literalTextSchema.describe('the folder of the files, absolute or within the project'),
  }),
  ssm: z.strictObject({
    backend: z.literal('ssm').describe('AWS SSM Parameter Store'),
    prefix,
    region,
  }),
  secrets_manager: z.strictObject({
    backend: z.literal('secrets_manager').describe('AWS Secrets Manager'),
    prefix,
    region,
    stage: literalTextSchema
      .exactOptional()
      .describe('the staging label of the version that is read; `AWSCURRENT` without it'),
  }),
  sops: z.strictObject({
    backend: z.literal('sops').describe('a YAML or JSON file encrypted by sops, for age or for AWS KMS'),
    file: literalTextSchema.describe('the file; a name is a key at its top'),
  }),
};

/** The names of the backends. */
const secretBackendNames = Object.keys(backends);

/** Where `{{ secret "name" }}` is looked for. */
export const secretBackendSchema = z.discriminatedUnion(
  'backend',
  [backends.environment, backends.file, backends.ssm, backends.secrets_manager, backends.sops],
  { error: () => `must be one of ${secretBackendNames.join(', ')}` },
);

export type SecretBackendSettings = z.output<typeof secretBackendSchema>;

/** One backend, or several in the order in which they are asked. */
export const secretBackendsSchema = z
  .union([z.array(secretBackendSchema).min(1), secretBackendSchema])
  .transform((given): readonly SecretBackendSettings[] => (Array.isArray(given) ? given : [given]))
  .meta({ type: 'mapping or list' });

/** Where secrets are looked for when nothing is said. */
export const defaultBackends: readonly SecretBackendSettings[] = [{ backend: 'environment' }];
