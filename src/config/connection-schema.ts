import { z } from 'zod';
import { camelKeys } from '../model/schema/parsed.js';
import { literalTextSchema } from './literal-text.js';

/** The value of `host_key_alias` that stands for each host's own instance id. */
export const ownInstanceId = 'instance_id';

/** `docker:` of `adfpush.yml`, of an environment, of a host. */
export const dockerSchema = z
  .strictObject({
    sudo: z.boolean().exactOptional().describe('goes through `sudo -n`'),
    socket: literalTextSchema
      .refine((path) => path.startsWith('/'), { error: 'must be an absolute path on the host' })
      .exactOptional()
      .describe('a socket on the host, reached by stream-local forwarding'),
    follow_context: z
      .boolean()
      .exactOptional()
      .describe('goes to the Engine that the docker context or `DOCKER_HOST` of the login user names'),
  })
  .refine(({ follow_context: follow, socket }) => follow !== true || socket === undefined, {
    error: 'must not have both: follow_context lets the login user choose the Engine, socket names it',
  })
  .refine(({ sudo, socket }) => sudo !== true || socket === undefined, {
    error: 'must not have both: sudo runs docker on the host, socket speaks to the Engine without it',
  })
  .transform(camelKeys);
