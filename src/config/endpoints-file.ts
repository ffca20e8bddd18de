import { z } from 'zod';
import { invalidValue } from '../errors/config.js';
import { Diagnostics } from '../errors/diagnostics.js';
import { suggest } from '../errors/nearest.js';
import { positiveDurationSchema } from '../model/schema/duration.js';
import { statusSchema } from '../model/schema/health.js';
import { pairsSchema, textSchema, textsSchema } from '../model/schema/text.js';
import type { Locate, ValuePath } from '../model/source.js';
import { placeOf } from './located.js';
import { validate } from './validate.js';
import type { YamlDocument } from './yaml.js';

/** The name of the file below `inventory/`, without its ending: no environment can have it. */
export const endpointsName = 'endpoints';

const defaultTimeout = 5_000;

/** True for text that is known only when it is rendered. */
const isTemplate = (text: string): boolean => text.includes('{{');

const isHttp = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hash === '';
};

/** Said without the value: it may hold a secret. */
const ofUrl = 'must be a URL that begins with http:// or https://, without a #fragment';

/** A URL after its templates were rendered. */
export const renderedUrlSchema = z.string().refine(isHttp, { error: ofUrl });

/** The values of headers after their templates were rendered: what Node can send, HTTP's field values (RFC 9110, 5.5). */
export const renderedHeadersSchema = z.record(
  z.string(),
  z.string().refine((text) => /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(text), {
    error: 'must be one line of Latin-1 text: it is sent as an HTTP header',
  }),
);

/** RFC 9110, 5.6.2: a token. */
const headerName = /^[!#$%&'*+.^_`|~\w-]+$/;

const headersSchema = pairsSchema('Name=value');

const literal = (schema: z.ZodString) =>
  schema.refine((text) => !isTemplate(text), {
    error: 'must be written out: templates are looked up by it, so it cannot be one',
  });

export const endpointSchema = z.strictObject({
  name: literal(textSchema).describe(
    'what templates call it: `{{ endpoint "orders" }}`; several entries may share a name when each has a zone of its own',
  ),
  url: textSchema
    .refine((text) => isTemplate(text) || isHttp(text), { error: ofUrl })
    .describe(
      'its URL; may hold templates of variables that all hosts of the environment share, `{{ secret "name" }}`, and `{{ zone }}`',
    ),
  zone: textsSchema
    .default([])
    .describe(
      'the zone that it serves, or a list of them; without one it serves all zones that have no entry of their own',
    ),
  path: textSchema
    .refine((path) => /^\/\S*$/.test(path) && !path.includes('#'), {
      error: 'must begin with / and hold no space and no #',
    })
    .exactOptional()
    .describe('what `ping` asks for, below the URL; templates get the URL without it'),
  method: z.enum(['GET', 'HEAD']).default('GET').describe('the method of the request'),
  status: statusSchema.default([200]).describe('the statuses that pass: `200`, `200-299`, or a list of them'),
  timeout: positiveDurationSchema
    .default(defaultTimeout)
    .describe('how long it may take to answer, redirects included'),
  headers: headersSchema
    .default({})
    .describe('headers of the request; their values may hold templates as the URL does, and are never shown'),
  follow_redirects: z
    .boolean()
    .default(false)
    .describe('go where a redirect leads, five times at most; another origin does not get the `headers`'),
});

export type EndpointEntry = z.output<typeof endpointSchema>;

const listSchema = z.array(endpointSchema).superRefine((entries, context) => {
  const known = new Set<string>();
  for (const [index, { name, zone }] of entries.entries()) {
    for (const one of zone.length === 0 ? [undefined] : zone) {
      const key = JSON.stringify([name, one]);
      if (known.has(key)) {
        const where = one === undefined ? 'without a zone' : `for the zone ${one}`;
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `must not be there twice ${where}: "${name}"`,
          params: { hint: 'Keep one of the two, or give each a zone of its own.' },
        });
      }
      known.add(key);
    }
  }
});

/** `inventory/endpoints.yml`: for each environment its endpoints. */
export const endpointsSchema = z.record(
  z.string().describe('the name of an environment'),
  listSchema.describe('its endpoints'),
);

/** The file, checked; templates in it are not rendered yet. */
export interface EndpointsFile {
  readonly file: string;
  readonly entries: ReadonlyMap<string, readonly EndpointEntry[]>;
  readonly locate: Locate;
}

/** Throws all that is wrong with the file. `environments` are those that there are. */
export function readEndpointsFile(
  file: string,
  { value, locate }: YamlDocument,
  environments: readonly string[],
): EndpointsFile {
  const read = validate(endpointsSchema, { value: value ?? {}, locate });
  const diagnostics = new Diagnostics();
  for (const [environment, entries] of Object.entries(read)) {
    if (!environments.includes(environment)) {
      diagnostics.report(
        invalidValue(
          `There is no environment "${environment}": no file inventory/${environment}.yml.`,
          placeOf(locate, [environment], 'key'),
          suggest(environment, environments, 'Environments here'),
        ),
      );
    }
    for (const [index, { headers }] of entries.entries()) {
      for (const name of Object.keys(headers)) {
        if (headerName.test(name)) continue;
        const path: ValuePath = [environment, index, 'headers', name];
        diagnostics.report(
          invalidValue(`"${name}" is no name of an HTTP header.`, placeOf(locate, path, 'key')),
        );
      }
    }
  }
  diagnostics.refuse();
  return { file, entries: new Map(Object.entries(read)), locate };
}
