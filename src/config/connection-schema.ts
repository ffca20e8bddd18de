import { z } from 'zod';
import { positiveDurationSchema } from '../model/schema/duration.js';
import { portSchema } from '../model/schema/number.js';
import { camelKeys } from '../model/schema/parsed.js';
import { textSchema } from '../model/schema/text.js';

/** Text that is used before variables are known. */
export const literalTextSchema = textSchema.refine((text) => !text.includes('{{'), {
  error: 'must not be a template: it is needed before variables are known',
});

/** A word that goes to SSH: one that began with a dash would be an option there. */
export const hostTextSchema = literalTextSchema.regex(/^[^-\s]\S*$/, {
  error: 'must hold no space and not begin with a dash',
});

/** The value of `host_key_alias` that stands for each host's own instance id. */
export const ownInstanceId = 'instance_id';

/** `ssh:` of `adfpush.yml`, of an environment, of a host. */
export const sshSchema = z
  .strictObject({
    user: hostTextSchema.exactOptional(),
    port: portSchema.exactOptional(),
    identity_file: literalTextSchema.exactOptional(),
    proxy_jump: hostTextSchema.exactOptional(),
    known_hosts_file: literalTextSchema.exactOptional(),
    host_key_alias: hostTextSchema.exactOptional(),
    connect_timeout: positiveDurationSchema.exactOptional(),
  })
  .transform(camelKeys);

/** `docker:` of the same. */
export const dockerSchema = z
  .strictObject({
    sudo: z.boolean().exactOptional(),
    socket: literalTextSchema
      .refine((path) => path.startsWith('/'), { error: 'must be an absolute path on the host' })
      .exactOptional(),
  })
  .refine(({ sudo, socket }) => sudo !== true || socket === undefined, {
    error: 'must not have both: sudo runs docker on the host, socket speaks to the Engine without it',
  });
