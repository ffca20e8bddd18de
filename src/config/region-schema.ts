import { region, type Region } from '../model/ids.js';
import { literalTextSchema } from './literal-text.js';

/** The name of an AWS region. */
export const regionSchema = literalTextSchema
  .regex(/^[a-z0-9]+(-[a-z0-9]+)+$/, {
    error: ({ input }) => `must be a region such as eu-west-1, not "${String(input)}"`,
  })
  .transform((name): Region => region(name));
