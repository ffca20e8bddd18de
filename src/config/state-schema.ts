import { z } from 'zod';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Region } from '../model/ids.js';
import { durationAtLeast } from '../model/schema/duration.js';
import { literalTextSchema } from './literal-text.js';
import { endpointSchema } from './source-schema.js';
import { regionSchema } from './region-schema.js';

/** Where leases are kept. */
export type StateBackend = { readonly kind: 'hosts' } | DynamoDbBackend;

/** A table of DynamoDB whose partition key is the text `lock`. */
interface DynamoDbBackend {
  readonly kind: 'dynamodb';
  readonly table: string;
  /** The environment's own, or its first, when absent. */
  readonly region?: Region;
  /** Where DynamoDB is spoken, when it is not at AWS; the environment's when absent. */
  readonly endpoint?: string;
}

/** What a killed run keeps others waiting at most. */
export const defaultLease: Milliseconds = 60_000;

const backends = ['hosts', 'dynamodb'] as const;

/** As DynamoDB takes it. */
const tableSchema = literalTextSchema.regex(/^[A-Za-z0-9_.-]{3,255}$/, {
  error: ({ input }) =>
    `must be the name of a table, 3 to 255 letters, digits, dots, dashes and underscores, not "${String(input)}"`,
});

/** `state` in `adfpush.yml`. */
export const stateSchema = z
  .strictObject({
    directory: literalTextSchema
      .exactOptional()
      .describe(
        'where journals are kept on the machine that runs adfpush, relative to the project; the state folder of the user without it',
      ),
    backend: z
      .enum(backends)
      .default('hosts')
      .describe('where leases are kept: on the hosts themselves, or in a table of DynamoDB'),
    table: tableSchema
      .exactOptional()
      .describe('the table, with the partition key `lock`; for `dynamodb` only, and needed there'),
    region: regionSchema.exactOptional().describe('its region; that of the environment without it'),
    endpoint: endpointSchema.exactOptional().describe('its endpoint; that of the environment without it'),
    lease: durationAtLeast(3_000)
      .default(defaultLease)
      .describe(
        'how long a lease lives without being renewed; what a killed run keeps others waiting at most',
      ),
  })
  .superRefine(({ backend, table, region, endpoint }, context) => {
    if (backend === 'dynamodb') {
      // In the words of zod, so that it is told as any other missing key is.
      if (table === undefined) {
        context.addIssue({ code: 'invalid_type', expected: 'string', path: ['table'], input: table });
      }
      return;
    }
    for (const [key, value] of Object.entries({ table, region, endpoint })) {
      if (value === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'says something of DynamoDB, and leases are kept on the hosts',
        params: { hint: 'Add backend: dynamodb, or leave it out.' },
      });
    }
  });

export function backendOf({ backend, table, region, endpoint }: z.output<typeof stateSchema>): StateBackend {
  if (backend === 'hosts' || table === undefined) return { kind: 'hosts' };
  return {
    kind: 'dynamodb',
    table,
    ...defined({ region, endpoint }),
  };
}
