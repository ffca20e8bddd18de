import { z } from 'zod';
import { suggest } from '../errors/nearest.js';
import { jumpForm } from '../model/host.js';
import { positiveDurationSchema } from '../model/schema/duration.js';
import { portSchema } from '../model/schema/number.js';
import { camelKeys, parsed } from '../model/schema/parsed.js';
import { describeValue } from './describe-value.js';
import { hostTextSchema, literalTextSchema } from './literal-text.js';

const jumpHint = 'Write user@host:port, several with commas between or as a list; or none.';

/** Bastions, the nearest first: a text with commas, or a list. */
const proxyJumpSchema = parsed((value, refuse): string => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) refuse('must name a bastion', jumpHint);
  const jumps = items.flatMap((item, index) => {
    const path = Array.isArray(value) ? [index] : [];
    if (typeof item !== 'string') refuse(`must be text, not ${describeValue(item)}`, jumpHint, path);
    else return item.split(',').map((one) => ({ jump: one.trim(), path }));
    return [];
  });
  if (jumps.length === 1 && jumps[0]?.jump.toLowerCase() === 'none') return 'none';
  for (const { jump, path } of jumps) {
    const [, , host, port = '22'] = jumpForm.exec(jump) ?? [];
    const wrong = host === undefined || jump.toLowerCase() === 'none' || !isPort(port) || jump.includes('{{');
    if (wrong) refuse(`has "${jump}", which is no user@host:port`, jumpHint, path);
  }
  return jumps.map(({ jump }) => jump).join(',');
}).meta({ type: 'text or list' });

const isPort = (text: string): boolean => Number(text) >= 1 && Number(text) <= 65_535;

/** As ssh_config(5) has it, with its tokens. */
const proxyCommandSchema = literalTextSchema.superRefine((command, context) => {
  const token = command.replaceAll('%%', '').match(/%(?![hknpr]).?/)?.[0];
  if (token === undefined) return;
  context.addIssue({
    code: 'custom',
    message: `must not hold "${token}"`,
    params: {
      hint: '%h is the address, %p the port, %r the user, %n the name, %k the host key alias, %% a percent sign.',
    },
  });
});

const strict = ['yes', 'accept-new'] as const;

/** OpenSSH's words; the weaker ones are refused. */
const strictSchema = parsed((value, refuse): (typeof strict)[number] => {
  if (value === true || value === 'yes') return 'yes';
  if (value === 'accept-new') return 'accept-new';
  if (value === false || value === 'no' || value === 'off') {
    const hint =
      'accept-new believes, and records, the key of a host that has none on record yet, and refuses one that has changed.';
    refuse(
      'Host keys are always checked: another machine that answers in a host’s place would be given its deploys.',
      hint,
    );
  } else {
    refuse(
      `must be yes or accept-new, not ${describeValue(value)}`,
      typeof value === 'string' ? suggest(value, strict, 'Known here') : undefined,
    );
  }
  return 'yes';
}).meta({ type: '`yes` or `accept-new`' });

/** `ssh:` of `adfpush.yml`, of an environment, of a host. */
export const sshSchema = z
  .strictObject({
    transport: z
      .enum(['ssh2', 'openssh'])
      .exactOptional()
      .describe(
        '`openssh` goes through the system’s `ssh` (7.4 or newer): for certificates, FIDO keys, post-quantum-only servers',
      ),
    config_file: literalTextSchema
      .exactOptional()
      .describe('instead of `~/.ssh/config` and the system’s; `none` reads none'),
    user: hostTextSchema.exactOptional().describe('the login user'),
    port: portSchema.exactOptional().describe('the port of sshd'),
    identity_file: literalTextSchema.exactOptional().describe('the key to offer, and nothing else'),
    identities_only: z.boolean().exactOptional().describe('no other keys of the agent'),
    identity_agent: literalTextSchema.exactOptional().describe('the socket of the agent, or `none`'),
    proxy_jump: proxyJumpSchema
      .exactOptional()
      .describe('bastions, the nearest first: `user@host:port`, a list or with commas; or `none`'),
    proxy_command: proxyCommandSchema
      .exactOptional()
      .describe('a command whose input and output are the connection'),
    known_hosts_file: literalTextSchema.exactOptional().describe('where host keys are looked up'),
    host_key_alias: hostTextSchema
      .exactOptional()
      .describe('the name under which a host key is looked up; `instance_id` is the id of each instance'),
    host_keys: z
      .enum(['known_hosts', 'console'])
      .exactOptional()
      .describe(
        '`console` learns the key of a fresh EC2 instance from its console (`ec2:GetConsoleOutput`), and records it',
      ),
    strict_host_key_checking: strictSchema
      .exactOptional()
      .describe(
        '`accept-new` believes, and records, the key of a host that has none on record; a changed key is always refused',
      ),
    instance_connect: z
      .boolean()
      .exactOptional()
      .describe(
        'a key made for the run, through EC2 Instance Connect (`ec2-instance-connect:SendSSHPublicKey`)',
      ),
    connect_timeout: positiveDurationSchema
      .exactOptional()
      .describe('for one connection until it is authenticated'),
    server_alive_interval: positiveDurationSchema
      .exactOptional()
      .describe(
        'the pause between keepalive messages; a lost connection is noticed within 20 s whatever it says',
      ),
    server_alive_count_max: z
      .int()
      .min(1)
      .max(100)
      .exactOptional()
      .describe('unanswered keepalive messages that make a connection lost'),
  })
  .refine(({ proxy_jump, proxy_command }) => proxy_jump === undefined || proxy_command === undefined, {
    error: 'must not stand beside proxy_jump: a host has one way',
    path: ['proxy_command'],
  })
  .transform(camelKeys);
