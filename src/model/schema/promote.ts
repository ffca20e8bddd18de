import { z } from 'zod';
import type { PromoteSettings } from '../settings.js';
import { durationSchema } from './duration.js';
import { camelKeys, isMapping, parsed } from './parsed.js';
import { pairsSchema, scalarText } from './text.js';
import { shown } from './number.js';

/** An environment, or a list of them. */
const environmentsSchema = parsed((value, refuse): readonly string[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const names = items.map((item) => scalarText(item)?.trim() ?? '');
  if (isMapping(value) || names.length === 0 || names.includes(''))
    refuse(`must be the name of an environment or a list of them, not ${shown(value)}`);
  return names;
}).meta({ type: 'environment or list of them' });

/** What a release must have behind it before it may be promoted to an environment. */
export const promoteSchema: z.ZodType<PromoteSettings> = z
  .strictObject({
    from: environmentsSchema
      .exactOptional()
      .describe('the environments that releases may come from; any without it'),
    soak: durationSchema
      .default(0)
      .describe('how long the containers of the release must have run on every host there'),
    require_label: pairsSchema('name=value')
      .default({})
      .describe('labels that the image must have, with these values: `{ org.example.tested: "true" }`'),
  })
  .transform(camelKeys);
